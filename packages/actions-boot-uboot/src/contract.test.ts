import { BootCommandSlot, downloadedSlot, TftpFolderSlot } from "@basalt/actions-common";
import { idleClock, pluginContract, ScriptedBoard, type ScriptStep } from "@basalt/testing";
import { test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import plugin from "./index.js";

const stopped: readonly ScriptStep[] = [{ say: "Hit any key to stop autoboot: 2 " }, { hear: " " }, { say: "=> " }];
const happy: readonly ScriptStep[] = [
  ...stopped,
  { hear: "dhcp\n" },
  { say: "DHCP client bound\r\n=> " },
  { hear: "booti 0x1000\n" },
  { say: "\r\nStarting kernel ...\r\n\r\n[    0.000000] Linux version 6.1.0\r\nRun /init as init process\r\n/ # " },
];

const contract = pluginContract(plugin, {
  manifest,
  boot: {
    clock: idleClock(),
    boards: {
      works: () => new ScriptedBoard(happy),
      silent: () => new ScriptedBoard([]),
      hangsOnce: () => new ScriptedBoard(stopped, happy),
      drops: () => new ScriptedBoard([...stopped, { hear: "dhcp\n" }, "unplug"]),
    },
    device: {
      hostname: "board-01",
      constants: {
        "u-boot": { "interrupt-character": " ", "interrupt-newline": false, "final-message": "Starting kernel" },
        "kernel-start-message": "Linux version [0-9]",
      },
      commands: { connect: "telnet x 1", hard_reset: "reset", power_off: "off" },
      parameters: { booti: { kernel: "0x1000", ramdisk: "0x2000", dtb: "0x3000" } },
      actions: {
        boot: {
          methods: {
            "u-boot": {
              parameters: { bootloader_prompt: "=>", interrupt_prompt: "stop autoboot" },
              ramdisk: { commands: ["dhcp", "booti {KERNEL_ADDR}"] },
            },
          },
        },
      },
    },
    block: { method: "u-boot", commands: "ramdisk", prompts: ["/ # "] },
    slots: [
      [TftpFolderSlot, { root: "/srv/tftp", folder: "/srv/tftp/1/tftp-deploy-1" }],
      [downloadedSlot("kernel"), { path: "/srv/tftp/1/Image", url: "http://x/Image", sha256: "" }],
      [BootCommandSlot, "booti"],
    ],
  },
});
for (const { name, skip, run } of contract) test.skipIf(skip)(`contract: ${name}`, run);
