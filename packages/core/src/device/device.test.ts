import { describe, expect, test } from "vitest";
import { findConstant, getConstant } from "./constants.js";
import { deploymentData } from "./deployment-data.js";
import {
  characterDelayMs,
  deviceCommand,
  hasMethod,
  methodNames,
  methodOptions,
  primaryConnection,
  toDevice,
} from "./device.js";
import { powerFacts } from "./power-facts.js";

describe("connections", () => {
  test("LAVA's connect command", () => {
    const device = toDevice({ commands: { connect: "telnet ser2net 7101" } });
    expect(primaryConnection(device)).toEqual({
      name: "connect",
      driver: "command",
      config: { connect: "telnet ser2net 7101" },
      tags: ["primary"],
    });
  });

  test("LAVA's named connections: the one tagged primary", () => {
    const device = toDevice({
      commands: { connections: { uart1: { connect: "b" }, uart0: { connect: "a", tags: ["primary", "telnet"] } } },
    });
    expect(device.connections.map(({ name }) => name)).toEqual(["uart1", "uart0"]);
    expect(primaryConnection(device)).toMatchObject({ name: "uart0", config: { connect: "a" } });
  });

  test("a driver of ours", () => {
    const device = toDevice({ connection: { driver: "serial", port: "/dev/ttyUSB0" } });
    expect(primaryConnection(device)).toEqual({
      name: "primary",
      driver: "serial",
      config: { port: "/dev/ttyUSB0" },
      tags: ["primary"],
    });
  });

  test("of several without a tag none is primary", () => {
    expect(
      primaryConnection(toDevice({ commands: { connections: { a: { connect: "a" }, b: { connect: "b" } } } })),
    ).toBe(undefined);
  });
});

describe("methods", () => {
  const device = toDevice({ actions: { boot: { methods: { qemu: { parameters: { command: "q" } }, nfs: null } } } });
  test("a method that says nothing is there", () => {
    expect(hasMethod(device, "boot", "nfs")).toBe(true);
    expect(methodOptions(device, "boot", "nfs")).toEqual({});
  });
  test("a method that is not listed is not there", () => {
    expect(hasMethod(device, "boot", "grub")).toBe(false);
    expect(hasMethod(device, "deploy", "nfs")).toBe(false);
    expect(hasMethod(device, "boot", "constructor")).toBe(false);
  });
  test("they keep the dictionary's order", () => {
    expect(methodNames(device, "boot")).toEqual(["qemu", "nfs"]);
  });
});

describe("constants: context before deployment data before the device", () => {
  const device = toDevice({
    hostname: "lab-bbb-1",
    constants: { lava_test_results_dir: "/lava-%s", "u-boot": { "interrupt-prompt": "Hit any key" } },
  });
  test("of the device", () => {
    expect(getConstant({ context: {}, device }, "lava_test_results_dir")).toBe("/lava-%s");
    expect(getConstant({ context: {}, device }, "interrupt-prompt", "u-boot")).toBe("Hit any key");
  });
  test("of the deployment data", () => {
    const sources = { context: {}, deploymentData: deploymentData("lede"), device };
    expect(getConstant(sources, "lava_test_results_dir")).toBe("/tmp/lava-results-%s");
  });
  test("of the job", () => {
    const sources = { context: { lava_test_results_dir: "/x" }, deploymentData: deploymentData("lede"), device };
    expect(getConstant(sources, "lava_test_results_dir")).toBe("/x");
  });
  test("a missing one is the lab's fault and says what to add", () => {
    expect(findConstant({ context: {}, device }, "nope")).toBeUndefined();
    expect(() => getConstant({ context: {}, device }, "final-message", "u-boot")).toThrow(
      expect.objectContaining({
        kind: "configuration",
        code: "ERR_CONSTANT_MISSING",
        message: expect.stringContaining("constants.u-boot.final-message"),
      }),
    );
  });
});

test("an os that nobody knows has no deployment data", () => {
  expect(deploymentData("minix")).toEqual({});
  expect(deploymentData("toString")).toEqual({});
  expect(deploymentData(undefined)).toEqual({});
});

test("commands are lists, written as text or list", () => {
  const device = toDevice({ commands: { hard_reset: ["a", "b"], power_off: "c" } });
  expect([deviceCommand(device, "hard_reset"), deviceCommand(device, "power_off"), deviceCommand(device, "x")]).toEqual(
    [["a", "b"], ["c"], []],
  );
});

test.each([
  [{ commands: { power_off: "x" } }, { on: false, off: true, reset: false }],
  [{ commands: { hard_reset: "x", power_on: "y" } }, { on: true, off: false, reset: true }],
  [{ power: { driver: "simulated" } }, { on: true, off: true, reset: true }],
  [{}, { on: false, off: false, reset: false }],
])("power of %j", (dictionary, facts) => {
  expect(powerFacts(toDevice(dictionary))).toEqual(facts);
});

test("character delays are the section's, in milliseconds", () => {
  const device = toDevice({ character_delays: { boot: 5 } });
  expect([characterDelayMs(device, "boot"), characterDelayMs(device, "test")]).toEqual([5, 0]);
});
