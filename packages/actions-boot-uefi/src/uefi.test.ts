import { downloadedSlot, TftpFolderSlot } from "@basalt/actions-common";
import type { JsonObject } from "@basalt/core";
import { bootScripted, plannedNames, ScriptedBoard, type ScriptStep } from "@basalt/testing";
import { describe, expect, test } from "vitest";
import plugin from "./index.js";

const strategies = plugin.strategies ?? [];
const look = { item_markup: ["[", "]"], item_class: "0-9", separator: " ", bootloader_prompt: "Start:" };
const interrupt = { interrupt_prompt: "will start in", interrupt_string: " " };
const deviceWith = (uefi: JsonObject = {}): JsonObject => ({
  hostname: "board-01",
  constants: { "kernel-start-message": "Linux version [0-9]" },
  commands: { connect: "telnet x 1", hard_reset: "reset" },
  actions: {
    boot: {
      connections: { serial: null },
      methods: {
        "uefi-menu": {
          parameters: { ...look, ...interrupt },
          nfs: [
            { select: { items: ["Boot Manager"], wait: "Choice:" } },
            { select: { items: ["Remove Entry"], fallback: "Return to Main Menu", wait: "Address:" } },
            { select: { enter: "{SERVER_IP}/{KERNEL}", wait: "Name:" } },
            { select: { enter: "{TEST_MENU_NAME}", wait: "Start:" } },
            { select: { items: ["LAVA NFS Test Image"] } },
          ],
          fastboot: [{ select: { items: ["boot from eMMC"] } }],
        },
        uefi: {
          parameters: {
            ...look,
            ...interrupt,
            bootloader_prompt: "Shell>",
            menu_prompt: "Start:",
            shell_interrupt_prompt: "any other key",
            shell_interrupt_string: " ",
            ...uefi,
          },
          shell: [{ select: { items: ["Shell"] } }],
          nfs: { commands: ["load {KERNEL}", "run"] },
        },
      },
    },
  },
});
const names = (block: JsonObject, device = deviceWith()): readonly string[] =>
  plannedNames({ actions: [{ boot: block }], device, strategies });

describe("plans", () => {
  const menu = ["uefi-shell-menu-interrupt", "uefi-shell-menu-selector"];
  const shell = (...more: string[]) => [
    "uefi-shell-main-action",
    "bootloader-overlay",
    "menu-connect",
    "reset-device",
    "pdu-reboot",
    ...more,
    "uefi-shell-interrupt",
    "bootloader-commands",
  ];
  test.each([
    [{}, {}, shell()],
    [{ shell_menu: "shell" }, {}, shell(...menu)],
    [{}, { shell_menu: "shell" }, shell(...menu)],
    [{ shell_menu: "" }, { shell_menu: "shell" }, shell()],
  ])("uefi: block %j, device %j", (block, parameters, expected) => {
    expect(names({ method: "uefi", commands: "nfs", ...block }, deviceWith(parameters))).toEqual(expected);
  });
  const tail = [
    "uefi-menu-interrupt",
    "uefi-menu-selector",
    "menu-reset",
    "auto-login-action",
    "login-action",
    "export-device-env",
  ];
  test("uefi-menu: login and environment whatever the block says", () => {
    expect(names({ method: "uefi-menu", commands: "nfs" })).toEqual([
      "uefi-menu-action",
      "uefi-commands",
      "menu-connect",
      "reset-device",
      "pdu-reboot",
      ...tail,
    ]);
  });
  test("uefi-menu after a fastboot deploy: the console is there, the device is not reset", () => {
    expect(names({ method: "uefi-menu", commands: "fastboot" })).toEqual([
      "uefi-menu-action",
      "uefi-commands",
      ...tail,
    ]);
  });
  test("a uefi that lacks what stops its shell is refused by name", () => {
    const device = deviceWith();
    const methods = (device.actions as { boot: { methods: JsonObject } }).boot.methods as { uefi: JsonObject };
    methods.uefi = { parameters: {} };
    expect(() => names({ method: "uefi", commands: "nfs" }, device)).toThrow("shell_interrupt_string");
  });
});

const linux: readonly ScriptStep[] = [{ say: "Linux version 6.1\r\n# " }];
const stop: readonly ScriptStep[] = [{ say: "The default boot selection will start in 5" }, { hear: " " }];
const root = { root: "/srv/tftp", folder: "/srv/tftp/1" };
const kernel = { path: "/srv/tftp/1/kernel/Image", url: "http://x/Image", sha256: "" };
const boot = (board: ScriptedBoard, block: JsonObject) =>
  bootScripted(board, {
    strategies,
    device: deviceWith(),
    block: { commands: "nfs", prompts: ["# "], timeout: { minutes: 4 }, ...block },
    slots: [
      [TftpFolderSlot, root],
      [downloadedSlot("kernel"), kernel],
    ],
  });

describe("uefi-menu", () => {
  const happy: readonly ScriptStep[] = [
    ...stop,
    { say: "[1] Linux\r\n[2] Boot Manager\r\nStart: " },
    { hear: "2\n" },
    { say: "[1] Add Entry\r\n[5] Return to main menu\r\nChoice: " },
    { hear: "5\n" },
    { say: "Address: " },
    { hear: "10.0.0.1/1/kernel/Image\n" },
    { say: "Name: " },
    { hear: "LAVA NFS Test Image\n" },
    { say: "[1] Linux\r\n[3] LAVA NFS Test Image\r\nStart: " },
    { hear: "3\n" },
    ...linux,
  ];
  const block = { method: "uefi-menu" };
  test("is walked through: items by label, fallback, texts with values", async () => {
    expect((await boot(new ScriptedBoard(happy), block)).outcome).toEqual({ result: "pass" });
  });
  test("that is silent is the lab's fault", async () => {
    const timeouts = { "uefi-menu-interrupt": { seconds: 20 } };
    const { outcome } = await boot(new ScriptedBoard([]), { ...block, timeouts });
    expect(outcome).toMatchObject({ action: "uefi-menu-interrupt", error: { kind: "infrastructure" } });
  });
  test("that hangs is tried again from the reset on", async () => {
    const board = new ScriptedBoard([...stop, { say: "[9] Boot Manager\r\nSta" }], happy);
    const { outcome } = await boot(board, {
      ...block,
      failure_retry: 2,
      timeouts: { "uefi-menu-selector": { seconds: 20 } },
    });
    expect([outcome, board.boots]).toEqual([{ result: "pass" }, 2]);
    expect(board.typed).not.toContain("9\n");
  });
  test("that the device does not have is refused before anything is switched", async () => {
    const board = new ScriptedBoard(happy);
    expect((await boot(board, { ...block, commands: "usb" })).outcome).toMatchObject({
      error: { message: expect.stringContaining("'usb'") },
    });
    expect(board.power.calls).not.toContain("reset");
  });
});

test("uefi: through the menu to the shell, whose lines end with CR and LF", async () => {
  const board = new ScriptedBoard([
    ...stop,
    { say: "[1] Linux\r\n[4] Shell\r\nStart: " },
    { hear: "4\r\n" },
    { say: "Press ESC to skip startup.nsh or any other key to continue" },
    { hear: " " },
    { say: "Shell> " },
    { hear: "load 1/kernel/Image\r\n" },
    { say: "Shell> " },
    { hear: "run\r\n" },
    ...linux,
  ]);
  expect((await boot(board, { method: "uefi", shell_menu: "shell" })).outcome).toEqual({ result: "pass" });
});
