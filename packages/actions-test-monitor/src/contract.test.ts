import { SessionSlot } from "@basalt/actions-common";
import { pluginContract, ScriptedBoard, sessionScenes } from "@basalt/testing";
import { test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import plugin from "./index.js";

const running = { say: "Running tests\r\nPASS - boot.\r\n" };

const contract = pluginContract(plugin, {
  manifest,
  test: {
    device: { hostname: "board-01" },
    block: {
      monitors: [
        {
          name: "kernel",
          start: "Running tests",
          end: "DONE",
          pattern: "(?P<result>PASS|FAIL) - (?P<test_case_id>\\w+)",
        },
      ],
    },
    scenes: sessionScenes(
      {
        works: () => new ScriptedBoard([running, { say: "DONE\r\n" }]),
        silent: () => new ScriptedBoard([running]),
        drops: () => new ScriptedBoard([running, "unplug"]),
        hangsOnce: "a monitor types nothing that would tell a board to begin again",
      },
      (console) => [[SessionSlot, { console, prompts: [], lineSeparator: "\n" }]],
    ),
  },
});
for (const { name, skip, run } of contract) test.skipIf(skip)(`contract: ${name}`, run);
