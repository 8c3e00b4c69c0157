import { SessionSlot } from "@basalt/actions-common";
import type { Console } from "@basalt/core";
import { pluginContract, ScriptedBoard, type ScriptStep, sessionScene, sessionScenes } from "@basalt/testing";
import { test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import plugin from "./index.js";

const slots = (console: Console) => [[SessionSlot, { console, prompts: [], lineSeparator: "\n" }]] as const;
const asked: ScriptStep = { hear: "version\n" };
const answer: ScriptStep = { say: "U-Boot 2024.01\r\n=> " };

const contract = pluginContract(plugin, {
  manifest,
  test: {
    device: { hostname: "board-01" },
    block: { interactive: [{ name: "uboot", prompts: ["=> "], script: [{ command: "version", name: "version" }] }] },
    scenes: {
      ...sessionScenes(
        {
          works: () => new ScriptedBoard([asked, answer]),
          silent: () => new ScriptedBoard([asked]),
          drops: () => new ScriptedBoard([asked, "unplug"]),
          hangsOnce: "below",
        },
        slots,
      ),
      hangsOnce() {
        const board = new ScriptedBoard([asked, asked, answer]);
        return { ...sessionScene(board, slots), attempts: () => board.typed.split("version").length - 1 };
      },
    },
  },
});
for (const { name, skip, run } of contract) test.skipIf(skip)(`contract: ${name}`, run);
