import { downloadedSlot, TftpFolderSlot } from "@basalt/actions-common";
import { type BootContract, pluginContract, ScriptedBoard, type ScriptStep, shellScript } from "@basalt/testing";
import { test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import plugin from "./index.js";

const list = { ramdisk: { commands: ["dhcp net0", "boot"] } };
const device = {
  hostname: "board-01",
  constants: {
    ipxe: { "interrupt-prompt": "Press Ctrl-B", interrupt_ctrl_list: ["b"] },
    barebox: { "interrupt-prompt": "stop autoboot", "interrupt-character": " ", "final-message": "Starting kernel" },
    depthcharge: { "final-message": "Starting kernel" },
    "kernel-start-message": "Linux version [0-9]",
  },
  commands: { connect: "telnet x 1", hard_reset: "reset", power_off: "off" },
  actions: {
    boot: {
      methods: {
        ipxe: { parameters: { bootloader_prompt: "iPXE>" }, ...list },
        barebox: { parameters: { bootloader_prompt: "barebox:" }, ...list },
        depthcharge: {
          parameters: { start_message: "Starting netboot", bootloader_prompt: "dpch:" },
          nfs: { cmdline: "console=ttyS2", commands: ["tftpboot {SERVER_IP} {DEPTHCHARGE_KERNEL} {CMDLINE}"] },
        },
      },
    },
  },
};
// a deploy before it would have made and would remove it
const root = "/jobs/1/srv";
const folder = `${root}/tftp-deploy-1`;
const linux: ScriptStep = { say: "Starting kernel\r\nLinux version 6.1\r\n# " };
const ipxe: readonly ScriptStep[] = [{ say: "Press Ctrl-B for the iPXE command line..." }, { hear: "\u0002" }];

/** Scripts of a bootloader: whole, and how far it goes where it stops. */
function bootloader(method: string, more: object, script: readonly ScriptStep[], stopsAfter: number): BootContract {
  return {
    device,
    block: { method, ...more },
    slots: [
      [TftpFolderSlot, { root, folder }],
      [downloadedSlot("kernel"), { path: `${folder}/kernel/Image`, url: "http://x/Image", sha256: "" }],
    ],
    boards: {
      works: () => new ScriptedBoard(script),
      silent: () => new ScriptedBoard([]),
      hangsOnce: () => new ScriptedBoard(script.slice(0, stopsAfter), script),
      drops: () => new ScriptedBoard([...script.slice(0, stopsAfter), "unplug"]),
    },
  };
}
const commands = (prompt: string): readonly ScriptStep[] => [
  ...shellScript(prompt, { "dhcp net0\n": "ok" }),
  { hear: "boot\n" },
  linux,
];
const prompts = { prompts: ["# "] };

const contract = pluginContract(plugin, {
  manifest,
  boot: [
    bootloader("ipxe", { commands: "ramdisk", ...prompts }, [...ipxe, ...commands("iPXE> ")], 4),
    bootloader(
      "barebox",
      { commands: "ramdisk", ...prompts },
      [{ say: "Hit any key to stop autoboot: 3" }, { hear: " " }, ...commands("barebox:/ ")],
      4,
    ),
    bootloader(
      "depthcharge",
      { commands: "nfs", ...prompts },
      [{ say: "Starting netboot on board...\r\ndpch: " }, { hear: "tftpboot" }, { hear: "\n" }, linux],
      0,
    ),
    bootloader(
      "bootloader",
      { bootloader: "ipxe", commands: ["config"] },
      [...ipxe, ...shellScript("iPXE> ", { "config\n": "" })],
      2,
    ),
  ],
});
for (const { name, skip, run } of contract) test.skipIf(skip)(`contract: ${name}`, run);
