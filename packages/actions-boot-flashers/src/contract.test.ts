import { downloadedSlot } from "@basalt/actions-common";
import { FileStoreToken, PtySpawnerToken } from "@basalt/core";
import {
  type BootContract,
  FakeFiles,
  FakePtySpawner,
  pluginContract,
  plugUsb,
  ScriptedBoard,
  type ScriptStep,
  toolScenes,
} from "@basalt/testing";
import { test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import plugin from "./index.js";

const methods = {
  "cmsis-dap": { parameters: { usb_mass_device: "/dev/disk/by-id/usb-B1" } },
  pyocd: { parameters: { command: "pyocd", options: ["load"] } },
  jlink: { parameters: { command: "JLinkExe", processor: "MK64" } },
  openocd: { parameters: { command: "openocd", options: { command: ["program {BIN}"] } } },
  dfu: { parameters: { command: "dfu-util", "enter-commands": ["dfu 0 mmc 0"] } },
  gdb: { load: { arguments: ["-q", "{bin}"], commands: ["load"], docker: { use: false } } },
};

/** What the board is for the worker: on USB, with its disk, and a console. */
function bench(board = new ScriptedBoard([])) {
  const files = plugUsb(new FakeFiles(), { serial: "B1" });
  void files.write("/dev/disk/by-id/usb-B1", "");
  return { board, services: [[FileStoreToken, files] as const] };
}

const common = {
  device: {
    hostname: "mcu-01",
    board_id: "B1",
    commands: { connect: "telnet x 1", hard_reset: "pdu cycle", power_off: "pdu off" },
    actions: { boot: { methods } },
  },
  before: [
    { deploy: { to: "fake", images: { bin: { url: "http://x/a.bin", image_arg: "--alt a --download {bin}" } } } },
  ],
  slots: [[downloadedSlot("bin"), { path: "/j/a.bin", url: "", sha256: "" }]] as const,
};
const tool = (method: string, work: RegExp): BootContract => ({
  ...common,
  block: { method },
  scenes: toolScenes({ work, scene: () => bench() }),
});

const talk: readonly ScriptStep[] = [
  { say: "GNU gdb\r\n(gdb) " },
  { hear: "load\n" },
  { say: "Loading section .text\r\n(gdb) " },
  { hear: "continue\n" },
];
/** gdb in a terminal; the board itself is reset each time. */
function gdb(...scripts: readonly (readonly ScriptStep[])[]) {
  const pty = FakePtySpawner.of(new ScriptedBoard(...scripts));
  const { board, services } = bench();
  return {
    board,
    consoles: pty,
    attempts: () => pty.spawned.length,
    services: [...services, [PtySpawnerToken, pty] as const],
  };
}

const contract = pluginContract(plugin, {
  manifest,
  boot: [
    tool("cmsis-dap", /^cp /),
    tool("pyocd", /^pyocd /),
    tool("openocd", /^openocd /),
    tool("jlink", /^JLinkExe /),
    tool("dfu", /^dfu-util /),
    {
      ...common,
      block: { method: "gdb", commands: "load" },
      boards: {
        works: () => gdb(talk),
        silent: () => gdb(talk.slice(0, 2)),
        hangsOnce: () => gdb(talk.slice(0, 2), talk),
        drops: () => gdb([...talk.slice(0, 2), "unplug"]),
      },
    },
  ],
});
for (const { name, skip, run } of contract) test.skipIf(skip)(`contract: ${name}`, run);
