import { downloadedSlot } from "@basalt/actions-common";
import { FileStoreToken } from "@basalt/core";
import { FakeFiles, pluginContract, plugUsb, ScriptedBoard, type ScriptStep, toolScenes } from "@basalt/testing";
import { test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import plugin from "./index.js";

const login: readonly ScriptStep[] = [{ say: "Linux version 6.1\r\nlogin: " }, { hear: "root\n" }, { say: "# " }];
const bench = (...scripts: readonly (readonly ScriptStep[])[]) => ({
  board: new ScriptedBoard(...scripts),
  services: [[FileStoreToken, plugUsb(new FakeFiles(), { serial: "S1" })]] as const,
});
const tools = (...scripts: readonly (readonly ScriptStep[])[]) =>
  toolScenes({ work: /^fastboot .*boot /, scene: () => bench(...scripts) });

const contract = pluginContract(plugin, {
  manifest,
  boot: {
    device: {
      hostname: "phone-01",
      fastboot_serial_number: "S1",
      adb_serial_number: "S1",
      fastboot_options: [],
      constants: { "kernel-start-message": "Linux version [0-9]" },
      commands: { connect: "telnet x 1", hard_reset: "pdu cycle", power_off: "pdu off" },
      actions: { boot: { methods: { fastboot: ["boot"] } } },
    },
    block: { method: "fastboot", prompts: ["# "], auto_login: { login_prompt: "login:", username: "root" } },
    slots: [[downloadedSlot("boot"), { path: "/j/boot.img", url: "", sha256: "" }]],
    scenes: {
      ...tools(login),
      drops: tools([{ say: "Linux version 6.1\r\n" }, "unplug"]).works,
    },
  },
});
for (const { name, skip, run } of contract) test.skipIf(skip)(`contract: ${name}`, run);
