import { downloadedSlot, OverlayFileSlot, SessionSlot } from "@basalt/actions-common";
import { type JsonObject, type PlanNode, ProcessRunnerToken, PtySpawnerToken, sequence } from "@basalt/core";
import {
  expectManifestMatches,
  FakeProcessRunner,
  fakeTests,
  planOf,
  planText,
  runPlan,
  virtualSerial,
} from "@basalt/testing";
import { expect, test } from "vitest";
import packageJson from "../package.json" with { type: "json" };
import { adbInDocker, adbOverlayUnpack, connectAdb } from "./adb.js";
import { bootCommands, bootFastboot } from "./boot-actions.js";
import plugin, { fastboot } from "./index.js";

test("the manifest is true", () => expectManifestMatches(packageJson, plugin));

const names = (device: JsonObject, boot: JsonObject): readonly string[] => {
  const actions = [{ boot: { method: "fastboot", ...boot } }, { test: { definitions: [] } }];
  const job = { job_name: "x", timeouts: { job: { minutes: 9 } }, actions };
  const text = planText(planOf({ job, device, strategies: [fastboot, fakeTests] }));
  return text.split("\n").flatMap((line) => /^ *1[.\d]* (\S+)/.exec(line)?.[1] ?? []);
};
const methods = (...items: readonly string[]) => ({ actions: { boot: { methods: { fastboot: items } } } });
const wait = "wait-device-boardid";

test("without a reset: the sequence, then adb; in a container no adb", () => {
  const device = { hostname: "p", ...methods("boot", "shell-session", "export-env", "who-knows") };
  const head = ["fastboot-boot", wait, "enter-fastboot-action", wait, "boot-fastboot", wait, "expect-shell-connection"];
  const expected = [...head, wait, "export-device-env", wait];
  expect(names(device, {})).toEqual([...expected, "connect-adb", "adb-overlay-unpack"]);
  expect(names(device, { docker: { image: "x1" } })).toEqual(expected);
});

test("with a reset: the console is logged in to; commands come first", () => {
  const device = { hostname: "p", commands: { hard_reset: "pdu" }, ...methods("reboot") };
  expect(names(device, { prompts: ["#"], commands: ["oem unlock"] })).toEqual([
    ...["fastboot-boot", "fastboot-boot-commands", "connect-device", "reset-device", "pdu-reboot"],
    ...[wait, "fastboot-reboot", "pre-os-command"],
    ...["auto-login-action", "login-action", "expect-shell-connection", "export-device-env"],
  ]);
  expect(names(device, { commands: [] })).not.toContain("fastboot-boot-commands");
});

const device = { hostname: "p", fastboot_serial_number: "S1", adb_serial_number: "A1", fastboot_options: ["-v"] };

test("the command lines", async () => {
  const runner = new FakeProcessRunner().answer("fastboot");
  const params = { commands: ["oem unlock", "set_active 'a'"] };
  await runPlan(sequence("fastboot-boot", bootCommands(params), bootFastboot(params)), {
    device,
    params,
    slots: [[downloadedSlot("boot"), { path: "/j/boot.img", url: "", sha256: "" }]],
    services: [[ProcessRunnerToken, runner]],
  });
  expect(runner.calls.map((argv) => argv.join(" "))).toEqual([
    "fastboot -s S1 oem unlock -v",
    "fastboot -s S1 set_active a -v",
    "fastboot -s S1 boot /j/boot.img -v",
  ]);
});

test("adb: the shell is the console, its prompt is set, the overlay is pushed", async () => {
  const line = virtualSerial();
  const spawned: (readonly string[])[] = [];
  const typed: string[] = [];
  const writer = line.dut.writable.getWriter();
  void line.dut.readable.pipeTo(
    new WritableStream({
      async write(bytes) {
        const text = new TextDecoder().decode(bytes);
        typed.push(text);
        await writer.write(new TextEncoder().encode(text.includes("\n") ? `${text}\r\nlava-test: # ` : text));
      },
    }),
  );
  const pty = {
    async spawn(argv: readonly string[]) {
      spawned.push(argv);
      return { ...line.host, pid: 1, exited: new Promise(() => {}) };
    },
  };
  const runner = new FakeProcessRunner().answer("adb").answer("docker");
  const run = (node: PlanNode, params: JsonObject = {}) =>
    runPlan(node, {
      device,
      params,
      slots: [[OverlayFileSlot, "/j/overlay.tar.gz"]],
      services: [
        [ProcessRunnerToken, runner],
        [PtySpawnerToken, pty],
      ],
    });
  const ran = await run(sequence("fastboot-boot", connectAdb, adbOverlayUnpack));
  expect(ran.outcome).toEqual({ result: "pass" });
  expect(spawned).toEqual([["adb", "-s", "A1", "shell"]]);
  expect(typed.join("")).toBe("export PS1='l''ava-test: # '\n");
  expect(ran.slot(SessionSlot)?.prompts).toEqual(["lava-test: # "]);
  expect(runner.calls.map((argv) => argv.slice(3).join(" "))).toEqual([
    "wait-for-device",
    "push /j/overlay.tar.gz /data/local/tmp/lava-overlay.tar.gz",
    "shell tar -C / -xzf /data/local/tmp/lava-overlay.tar.gz",
    "shell rm /data/local/tmp/lava-overlay.tar.gz",
  ]);
});

test("in a container without a reset, adb runs there", async () => {
  const line = virtualSerial();
  const spawned: (readonly string[])[] = [];
  const pty = {
    async spawn(argv: readonly string[]) {
      spawned.push(argv);
      return { ...line.host, pid: 1, exited: new Promise(() => {}) };
    },
  };
  const runner = new FakeProcessRunner().answer("docker");
  const ran = await runPlan(adbInDocker, {
    device,
    params: { docker: { image: "adb:1", local: true }, prompts: ["# "] },
    services: [
      [ProcessRunnerToken, runner],
      [PtySpawnerToken, pty],
    ],
  });
  expect(ran.outcome).toEqual({ result: "pass" });
  const name = "--name=lava-docker-adb-shell-1-1";
  expect(spawned.map((argv) => argv.join(" "))).toEqual([
    `docker run --rm --init --hostname=lava ${name} --interactive --tty adb:1 adb -s A1 shell`,
  ]);
});
