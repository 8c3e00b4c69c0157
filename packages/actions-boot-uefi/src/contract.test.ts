import { downloadedSlot, TftpFolderSlot } from "@basalt/actions-common";
import { pluginContract, ScriptedBoard, type ScriptStep } from "@basalt/testing";
import { test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import plugin from "./index.js";

const look = { item_markup: ["[", "]"], item_class: "0-9", separator: " ", bootloader_prompt: "Start:" };
const interrupt = { interrupt_prompt: "will start in", interrupt_string: " " };
const common = {
  device: {
    hostname: "board-01",
    constants: { "kernel-start-message": "Linux version [0-9]" },
    commands: { connect: "telnet x 1", hard_reset: "reset", power_off: "off" },
    actions: {
      boot: {
        methods: {
          "uefi-menu": { parameters: { ...look, ...interrupt }, nfs: [{ select: { items: ["Linux"] } }] },
          uefi: {
            parameters: {
              ...look,
              ...interrupt,
              bootloader_prompt: "Shell>",
              shell_interrupt_prompt: "any other key",
              shell_interrupt_string: " ",
            },
            nfs: { commands: ["load {KERNEL}", "run"] },
          },
        },
      },
    },
  },
  slots: [
    [TftpFolderSlot, { root: "/srv/tftp", folder: "/srv/tftp/1" }],
    [downloadedSlot("kernel"), { path: "/srv/tftp/1/kernel/Image", url: "http://x/Image", sha256: "" }],
  ] as const,
};

const linux: ScriptStep = { say: "Linux version 6.1\r\n# " };
const menu: readonly ScriptStep[] = [
  { say: "The default boot selection will start in 5" },
  { hear: " " },
  { say: "[1] Shell\r\n[2] Linux\r\nStart: " },
  { hear: "2\n" },
  linux,
];
const shell: readonly ScriptStep[] = [
  { say: "Press ESC to skip startup.nsh or any other key to continue" },
  { hear: " " },
  { say: "Shell> " },
  { hear: "load 1/kernel/Image\r\n" },
  { say: "Shell> " },
  { hear: "run\r\n" },
  linux,
];
const boards = (script: readonly ScriptStep[]) => ({
  works: () => new ScriptedBoard(script),
  silent: () => new ScriptedBoard([]),
  hangsOnce: () => new ScriptedBoard(script.slice(0, 2), script),
  drops: () => new ScriptedBoard([...script.slice(0, 2), "unplug"]),
});

const contract = pluginContract(plugin, {
  manifest,
  boot: [
    { ...common, block: { method: "uefi-menu", commands: "nfs", prompts: ["# "] }, boards: boards(menu) },
    { ...common, block: { method: "uefi", commands: "nfs", prompts: ["# "] }, boards: boards(shell) },
  ],
});
for (const { name, skip, run } of contract) test.skipIf(skip)(`contract: ${name}`, run);
