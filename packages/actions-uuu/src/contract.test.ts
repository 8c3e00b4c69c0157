import { FileStoreToken } from "@basalt/core";
import { FakeFiles, fastClock, pluginContract, ScriptedBoard, toolScenes } from "@basalt/testing";
import { test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import plugin from "./index.js";

const options = {
  usb_otg_path: "2:143",
  corrupt_boot_media_command: ["mmc erase 0 0x400"],
  bcu_board_name: "imx8mpevk",
  bcu_board_id: "2-1.3",
};
const device = {
  hostname: "imx-01",
  commands: { connect: "telnet x 1", hard_reset: "pdu cycle", power_off: "pdu off" },
  actions: { boot: { methods: { "u-boot": null, uuu: { options } } } },
};
const board = () => ({ board: new ScriptedBoard([]), services: [[FileStoreToken, new FakeFiles()]] as const });

const contract = pluginContract(plugin, {
  manifest,
  deploy: {
    device: { hostname: "imx-01" },
    block: { to: "uuu", images: { boot: { url: "http://x/boot.bin" }, system: { url: "http://x/sys.wic" } } },
    files: { "http://x/boot.bin": "boot", "http://x/sys.wic": "system" },
  },
  boot: {
    device,
    clock: fastClock(100),
    block: { method: "uuu", commands: [{ bcu: "reset usb" }, { FB: "continue" }] },
    scenes: toolScenes({ work: /^uuu /, scene: board }),
  },
});
for (const { name, skip, run } of contract) test.skipIf(skip)(`contract: ${name}`, run);
