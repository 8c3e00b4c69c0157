import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { dig, type JsonObject, readYaml, toDevice, validateDevice } from "@basalt/core";
import { mapLoader } from "@basalt/jinja";
import { describe, expect, test } from "vitest";
import {
  deviceEnvironment,
  jobContext,
  overridable,
  ownTemplatesFolder,
  renderDevice,
  typeOfDictionary,
} from "./index.js";

const own = Object.fromEntries(
  readdirSync(ownTemplatesFolder()).map((name) => [name, readFileSync(join(ownTemplatesFolder(), name), "utf8")]),
);
const types = Object.keys(own).filter((name) => name !== "base.jinja2");

const environmentWith = (templates: Readonly<Record<string, string>>) =>
  deviceEnvironment(mapLoader({ ...own, ...templates }));

async function device(dictionary: string, context: JsonObject = {}): Promise<JsonObject> {
  const text = renderDevice(environmentWith({ "d.jinja2": dictionary }), {
    template: "d.jinja2",
    hostname: "dut-01",
    type: "x",
    context,
  });
  const document = await readYaml(text, { file: "d.yaml" });
  const result = await validateDevice(document);
  expect(result.ok ? [] : result.problems.map(({ message, path }) => `${String(path)}: ${message}`)).toEqual([]);
  expect(document.warnings).toEqual([]);
  return document.value as JsonObject;
}

const extending = (type: string, ...sets: readonly string[]): string =>
  [`{% extends '${type}' %}`, ...sets.map((set) => `{% set ${set} %}`)].join("\n");
const qemu = (value: JsonObject, ...path: readonly string[]) =>
  dig(value, "actions", "boot", "methods", "qemu", "parameters", ...path);

describe.each(types)("%s", (type) => {
  test("renders to a valid device, bare and with all that a dictionary may set", async () => {
    await device(extending(type));
    const full = await device(
      extending(
        type,
        "connection_list = ['uart0', 'uart1']",
        "connection_commands = {'uart0': 'telnet ser2net 7001', 'uart1': 'telnet ser2net 7002'}",
        "connection_tags = {'uart0': ['primary', 'telnet']}",
        "hard_reset_command = ['/opt/pdu off 3', 'sleep 2', '/opt/pdu on 3']",
        "power_off_command = '/opt/pdu off 3'",
        "user_commands = {'mux': {'do': '/opt/mux 1', 'undo': '/opt/mux 0'}}",
        "device_mac = '52:54:00:12:34:56'",
        "static_info = [{'board_id': '7'}]",
        "action_timeouts = {'http-download': {'minutes': 20}, 'my-action': {'minutes': 1}}",
        "boot_character_delay = 30",
      ),
    );
    const read = toDevice(full);
    expect(read.connections.map(({ name, tags }) => [name, tags])).toEqual([
      ["uart0", ["primary", "telnet"]],
      ["uart1", []],
    ]);
    expect(dig(full, "commands", "hard_reset")).toEqual(["/opt/pdu off 3", "sleep 2", "/opt/pdu on 3"]);
    expect(read.timeouts.actions.get("http-download")).toBe(1_200_000);
    expect(read.timeouts.actions.get("my-action")).toBe(60_000);
    expect(read.timeouts.actions.get("power-off")).toBe(10_000);
    expect([read.hostname, read.type]).toEqual(["dut-01", "x"]);
  });
});

test("drivers named directly", async () => {
  const value = await device(
    extending(
      "base-serial.jinja2",
      "power = {'driver': 'snmp', 'host': 'pdu', 'outlet': 3}",
      "connection = {'driver': 'serial', 'path': '/dev/ttyUSB0'}",
    ),
  );
  expect(value.power).toEqual({ driver: "snmp", host: "pdu", outlet: 3 });
  expect(toDevice(value).connections[0]).toMatchObject({ driver: "serial", config: { path: "/dev/ttyUSB0" } });
});

test.each([
  "amd64",
  "x86_64",
  "i386",
  "arm64",
  "aarch64",
  "arm",
  "riscv64",
  "ppc64le",
  "s390x",
  "mips",
  "sparc64",
  "loongarch64",
])("qemu runs %s", async (arch) => {
  const value = await device(extending("qemu.jinja2"), { arch });
  expect(String(qemu(value, "command"))).toMatch(/^qemu-system-\w+$/);
  expect(value.available_architectures).toContain(arch);
});

test("what wins: hard-coded, dictionary, next template down, job context, default", async () => {
  const memory = async (dictionary: string, context: JsonObject = {}) =>
    String(qemu(await device(dictionary, context), "options")).match(/-m (\d+)/)?.[1];
  expect(await memory(extending("qemu.jinja2"))).toBe("512");
  expect(await memory(extending("qemu.jinja2"), { memory: 2048 })).toBe("2048");
  expect(await memory(extending("qemu.jinja2", "memory = 1024"), { memory: 2048 })).toBe("1024");
});

test("a job's context is data, never template", async () => {
  const value = await device(extending("qemu.jinja2"), { cpu: "{{ 7 * 7 }}{% set memory = 1 %}" });
  expect(JSON.stringify(qemu(value, "options"))).toContain("{{ 7 * 7 }}");
});

test("jobs may set what is on the list, and what the lab adds", () => {
  expect(jobContext({ arch: "arm64", root: 1, my_flag: 1 }, ["my_flag"])).toEqual({
    allowed: { arch: "arm64", my_flag: 1 },
    refused: ["root"],
  });
});

test("a test author may override what nobody set, and is told what that changes", () => {
  const environment = environmentWith({ "d.jinja2": extending("qemu.jinja2", "memory = 1024") });
  const found = overridable(environment, { template: "d.jinja2", hostname: "d" });
  const names = found.map(({ name }) => name);
  expect(names).toContain("cpu");
  expect(names).toContain("arch");
  expect(names).not.toContain("memory");
  expect(names).not.toContain("booti_kernel_addr");
  expect(found.find(({ name }) => name === "cpu")).toMatchObject({ before: "- -cpu max", after: "- -cpu CPU" });
});

test("the type of a dictionary is the template it extends", () => {
  expect(typeOfDictionary('{# x #}{%- extends "beaglebone-black.jinja2" %}')).toBe("beaglebone-black");
  expect(typeOfDictionary("hostname: x")).toBeUndefined();
});
