import { OverlaySlot, SessionSlot, TestRunsSlot } from "@basalt/actions-common";
import type { Console } from "@basalt/core";
import { pluginContract, ScriptedBoard, type ScriptStep, sessionScene, sessionScenes } from "@basalt/testing";
import { test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import plugin from "./index.js";

const run = {
  testName: "0_smoke",
  uuid: "1_1.1",
  stage: 0,
  source: "inline",
  repository: "",
  path: "smoke.yaml",
  revision: "unspecified",
  fixup: {},
  expected: [],
} as const;
const slots = (console: Console) =>
  [
    [SessionSlot, { console, prompts: ["# $"], lineSeparator: "\n" }],
    [OverlaySlot, { folder: "/jobs/1/overlay", resultsDir: "/lava-1", shell: "/bin/sh" }],
    [TestRunsSlot, [run]],
  ] as const;

const started: readonly ScriptStep[] = [
  { hear: "#\n" },
  { say: "# " },
  { hear: "RETRUNCODE" },
  { hear: "\n" },
  { say: "<LAVA_SIGNAL_RETRUNCODE 0>\r\n# " },
  { hear: "/lava-1/bin/lava-test-runner /lava-1/0\n" },
  { say: "<LAVA_SIGNAL_STARTRUN 0_smoke 1_1.1>\r\n" },
];
const ended: ScriptStep = {
  say: "<LAVA_SIGNAL_TESTCASE TEST_CASE_ID=one RESULT=pass>\r\n<LAVA_SIGNAL_ENDRUN 0_smoke 1_1.1>\r\n<LAVA_TEST_RUNNER EXIT>\r\n# ",
};

const contract = pluginContract(plugin, {
  manifest,
  test: {
    device: { hostname: "board-01" },
    block: { definitions: [] },
    scenes: {
      ...sessionScenes(
        {
          works: () => new ScriptedBoard([...started, ended]),
          silent: () => new ScriptedBoard(started),
          drops: () => new ScriptedBoard([...started, "unplug"]),
          hangsOnce: "below",
        },
        slots,
      ),
      hangsOnce() {
        const board = new ScriptedBoard([...started, ...started, ended]);
        return { ...sessionScene(board, slots), attempts: () => board.typed.split("lava-test-runner").length - 1 };
      },
    },
  },
});
for (const { name, skip, run } of contract) test.skipIf(skip)(`contract: ${name}`, run);
