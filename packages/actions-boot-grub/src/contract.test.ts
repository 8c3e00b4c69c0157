import { pluginContract, ScriptedBoard, type ScriptStep, shellScript } from "@basalt/testing";
import { test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import plugin from "./index.js";
import { menu, parameters } from "./testing/grub-device.js";

const stop = { "interrupt-prompt": "for a command-line", "interrupt-character": "c", "interrupt-newline": false };
const device = {
  hostname: "board-01",
  constants: { grub: stop, "grub-efi": stop, "kernel-start-message": "Linux version [0-9]" },
  commands: { connect: "telnet x 1", hard_reset: "reset", power_off: "off" },
  actions: {
    boot: {
      methods: {
        grub: { parameters, ramdisk: { commands: ["net_bootp", "boot"] } },
        "grub-efi": { menu_options: "pxe", parameters, ramdisk: { commands: ["net_bootp", "boot"] } },
        "uefi-menu": menu,
      },
    },
  },
};

const stopped: readonly ScriptStep[] = [{ say: "press 'c' for a command-line" }, { hear: "c" }];
const grub: readonly ScriptStep[] = [
  ...stopped,
  ...shellScript("grub> ", { "net_bootp\n": "" }),
  { hear: "boot\n" },
  { say: "Linux version 6.1\r\n# " },
];
const firmware: readonly ScriptStep[] = [
  { say: "The default boot selection will start in 5" },
  { hear: " " },
  { say: "\r\n[1] Shell\r\n[12] LAVA PXE Grub\r\nStart: " },
  { hear: "12\n" },
];
const boards = (script: readonly ScriptStep[], hangsAfter: number) => ({
  works: () => new ScriptedBoard(script),
  silent: () => new ScriptedBoard([]),
  hangsOnce: () => new ScriptedBoard(script.slice(0, hangsAfter), script),
  drops: () => new ScriptedBoard([...script.slice(0, hangsAfter), "unplug"]),
});

const contract = pluginContract(plugin, {
  manifest,
  boot: [
    { device, block: { method: "grub", commands: "ramdisk", prompts: ["# "] }, boards: boards(grub, 4) },
    {
      device,
      block: { method: "grub-efi", commands: "ramdisk", prompts: ["# "] },
      boards: boards([...firmware, ...grub], 3),
    },
  ],
});
for (const { name, skip, run } of contract) test.skipIf(skip)(`contract: ${name}`, run);
