import type { JsonObject } from "@basalt/core";
import { bootScripted, planOf, planText, ScriptedBoard, type ScriptStep, shellScript } from "@basalt/testing";
import { describe, expect, test } from "vitest";
import plugin from "./index.js";
import { menu, parameters } from "./testing/grub-device.js";

const strategies = plugin.strategies ?? [];
const deviceWith = (boot: JsonObject, deploy: JsonObject = {}): JsonObject => ({
  hostname: "board-01",
  constants: {
    grub: {
      "interrupt-prompt": "for a command-line",
      "interrupt-character": "c",
      "interrupt-newline": false,
      "error-messages": ["error: file '(.*)' not found"],
    },
    "grub-efi": { "interrupt-prompt": "for a command-line", "interrupt-character": "c", "interrupt-newline": false },
    "kernel-start-message": "Linux version [0-9]",
  },
  commands: { connect: "telnet x 1", hard_reset: "reset", power_off: "off" },
  actions: { deploy: { methods: deploy }, boot: { connections: { serial: null }, methods: boot } },
});
const plain = deviceWith({ grub: { parameters, ramdisk: { commands: ["net_bootp", "boot"] } } });
const efi = deviceWith({
  "grub-efi": { menu_options: "pxe", parameters, ramdisk: { commands: ["boot"] } },
  "uefi-menu": menu,
});
const fastboot = { fastboot: { interrupt_prompt: "Android Fastboot mode", interrupt_string: " " } };
const sequenced = (sequence: string[]) =>
  deviceWith({ grub: { sequence, installed: { commands: ["boot"] } } }, fastboot);

const names = (block: JsonObject, device: JsonObject): string[] =>
  planText(
    planOf({
      job: { timeouts: { job: { hours: 1 } }, actions: [{ boot: { timeout: { minutes: 4 }, ...block } }] },
      device,
      strategies,
    }),
  )
    .split("\n")
    .filter((line) => /^ *1/.test(line))
    .map((line) =>
      line
        .trim()
        .split(" ")
        .filter((word) => !/^\d|^\d+m/.test(word))
        .join(" "),
    );

const start = ["grub-main-action", "bootloader-from-media", "bootloader-overlay", "connect-device"];
const reset = ["reset-device", "pdu-reboot"];
const type = ["bootloader-interrupt", "bootloader-commands"];
const login = ["auto-login-action", "login-action"];

describe("plans", () => {
  const prompts = ["# "];
  test.each([
    ["grub", { method: "grub", commands: "ramdisk", prompts }, plain, [...start, ...reset, ...type, ...login]],
    ["grub without reset", { method: "grub", commands: "ramdisk", reset: false }, plain, [...start, ...type]],
    [
      "an installer",
      { method: "grub", commands: "ramdisk", boot_finished: "done" },
      plain,
      [...start, ...reset, ...type, "installer-wait", "power-off"],
    ],
    [
      "prompts win over boot_finished",
      { method: "grub", commands: "ramdisk", prompts, boot_finished: "done" },
      plain,
      [...start, ...reset, ...type, ...login],
    ],
    [
      "grub-efi",
      { method: "grub-efi", commands: "ramdisk", prompts },
      efi,
      [...start, ...reset, "uefi-menu-interrupt", "grub-efi-menu-selector", ...type, ...login],
    ],
    [
      "a sequence",
      { method: "grub", commands: "installed", prompts },
      sequenced(["wait-fastboot-interrupt", "auto-login", "shell-session", "export-env"]),
      [
        "grub-sequence-action",
        "wait-fastboot-interrupt",
        ...login,
        "expect-shell-connection",
        "export-device-env",
        ...login,
      ],
    ],
    [
      "a sequence with an installer",
      { method: "grub", commands: "installed", boot_finished: ["a"] },
      sequenced(["wait-fastboot-interrupt"]),
      ["grub-sequence-action", "wait-fastboot-interrupt", "installer-wait", "power-off"],
    ],
  ])("%s", (_what, block, device, expected) => {
    expect(names(block, device)).toEqual(expected);
  });
  test("grub-efi of a device that is not reset", () => {
    const methods = { "grub-efi": { reset_device: false, menu_options: "pxe", parameters }, "uefi-menu": menu };
    expect(names({ method: "grub-efi", commands: ["a"] }, deviceWith(methods))).not.toContain("reset-device");
    expect(
      names({ method: "grub", commands: ["a"] }, deviceWith({ grub: { reset_device: false, parameters } })),
    ).toContain("reset-device");
  });
  test("the main action is tried again", () => {
    expect(names({ method: "grub", commands: "ramdisk", failure_retry: 3 }, plain)[0]).toBe("grub-main-action x3");
  });
  test("a sequence with a step that nobody knows is refused, with those that are", () => {
    expect(() => names({ method: "grub", commands: "installed" }, sequenced(["dance"]))).toThrow("export-env");
  });
});

const linux: readonly ScriptStep[] = [{ say: "Linux version 6.1\r\n# " }];
const happy: readonly ScriptStep[] = [
  { say: "press 'c' for a command-line" },
  { hear: "c" },
  ...shellScript("grub> ", { "net_bootp\n": "" }),
  { hear: "boot\n" },
  ...linux,
];
const boot = (board: ScriptedBoard, block: JsonObject = {}, device: JsonObject = plain) =>
  bootScripted(board, {
    strategies,
    device,
    block: { method: "grub", commands: "ramdisk", prompts: ["# "], timeout: { minutes: 4 }, ...block },
  });

describe("a board", () => {
  test("boots", async () => {
    expect((await boot(new ScriptedBoard(happy))).outcome).toEqual({ result: "pass" });
  });
  test("that is silent is the lab's fault", async () => {
    const { outcome } = await boot(new ScriptedBoard([]), { timeouts: { "bootloader-interrupt": { seconds: 20 } } });
    expect(outcome).toMatchObject({ action: "bootloader-interrupt", error: { kind: "infrastructure" } });
  });
  test("that hangs is reset, and the second attempt begins from nothing", async () => {
    const board = new ScriptedBoard([...happy.slice(0, 4), { say: "press 'c' for a command-line grub> " }], happy);
    const { outcome } = await boot(board, { failure_retry: 2, timeouts: { "bootloader-commands": { seconds: 20 } } });
    expect([outcome, board.boots]).toEqual([{ result: "pass" }, 2]);
    expect(board.typed.match(/net_bootp/g)).toHaveLength(2);
  });
  test("with an error message", async () => {
    const board = new ScriptedBoard([...happy.slice(0, 4), { say: "error: file 'x' not found\r\n" }]);
    expect((await boot(board)).outcome).toMatchObject({ error: { code: "ERR_BOOTLOADER_MESSAGE" } });
  });
  test("with an installer is switched off when it is done", async () => {
    const board = new ScriptedBoard([...happy.slice(0, -1), { say: "installing\r\nRebooting.\r\n" }]);
    const block = { method: "grub", commands: "ramdisk", boot_finished: "Rebooting", timeout: { minutes: 4 } };
    const { outcome, ended } = await bootScripted(board, { strategies, device: plain, block });
    expect(outcome).toEqual({ result: "pass" });
    expect(ended.slice(0, -3)).toContain("power-off pass");
    expect(board.power.calls).toEqual(["reset", "off", "off"]);
  });
  test("with a firmware menu: the item's number is typed, then GRUB is stopped", async () => {
    const board = new ScriptedBoard([
      { say: "The default boot selection will start in 5" },
      { hear: " " },
      { say: "\r\n[1] Shell\r\n\u001b[2J[12] LAVA PXE Grub\r\n[3] Boot Manager\r\nStart: " },
      { hear: "12\n" },
      { say: "for a command-line" },
      { hear: "c" },
      { say: "grub> " },
      { hear: "boot\n" },
      ...linux,
    ]);
    expect((await boot(board, { method: "grub-efi" }, efi)).outcome).toEqual({ result: "pass" });
  });
  test("whose menu lacks the item says what it has", async () => {
    const board = new ScriptedBoard([
      { say: "boot selection will start in 5" },
      { hear: " " },
      { say: "[1] Shell\r\nStart: " },
    ]);
    expect((await boot(board, { method: "grub-efi" }, efi)).outcome).toMatchObject({
      error: { code: "ERR_MENU_ITEM", message: expect.stringContaining("[1] Shell") },
    });
  });
});
