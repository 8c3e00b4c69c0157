import { pluginContract, ScriptedBoard, toolScenes } from "@basalt/testing";
import { test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import plugin from "./index.js";

const commands = { recovery_mode: ["relay 1 off"], recovery_exit: "relay 1 on" };

const contract = pluginContract(plugin, {
  manifest,
  boot: {
    device: {
      hostname: "board-01",
      commands: { power_on: "pdu on", power_off: "pdu off" },
      actions: { deploy: { methods: { recovery: { commands } } } },
    },
    block: { method: "recovery", commands: "recovery" },
    scenes: toolScenes({
      work: /^relay /,
      scene: () => ({ board: new ScriptedBoard([]) }),
      instead: { hangsOnce: "LAVA does not try it again" },
    }),
  },
});
for (const { name, skip, run } of contract) test.skipIf(skip)(`contract: ${name}`, run);
