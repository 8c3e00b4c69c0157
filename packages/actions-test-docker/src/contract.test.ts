import { ArchiverToken, ProcessRunnerToken, PtySpawnerToken } from "@basalt/core";
import {
  FakeArchiver,
  FakeProcessRunner,
  FakePtySpawner,
  inlineTest,
  pluginContract,
  refusal,
  ScriptedBoard,
  type ScriptStep,
} from "@basalt/testing";
import { test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import plugin from "./index.js";

const inline = inlineTest("smoke");
const prompt = "docker-test-shell:$ ";
const started: readonly ScriptStep[] = [
  { say: prompt },
  { hear: "#\n" },
  { say: prompt },
  { hear: "RETRUNCODE" },
  { hear: "\n" },
  { say: `<LAVA_SIGNAL_RETRUNCODE 0>\r\n${prompt}` },
  { hear: "lava-test-runner" },
  { hear: "\n" },
];
const passed: readonly ScriptStep[] = [...started, { say: `<LAVA_TEST_RUNNER EXIT>\r\n${prompt}` }, { hear: "exit\n" }];

/** A container in a terminal. */
function container(script: readonly ScriptStep[], docker = new FakeProcessRunner().answer("docker")) {
  const pty = FakePtySpawner.of(new ScriptedBoard(script));
  return {
    consoles: pty,
    services: [
      [PtySpawnerToken, pty],
      [ProcessRunnerToken, docker],
      [ArchiverToken, new FakeArchiver()],
    ] as const,
    held: () =>
      pty.spawned.slice(docker.calls.filter((argv) => argv.includes("rm")).length).map((argv) => argv.join(" ")),
  };
}

const contract = pluginContract(plugin, {
  manifest,
  test: {
    device: { hostname: "board-01" },
    block: { docker: { image: "debian:12" }, definitions: [inline] },
    scenes: {
      works: () => container(passed),
      silent: () => container(started),
      hangsOnce: "LAVA does not try it again",
      drops: () => container([...started, "unplug"]),
      refuses: () =>
        container(passed, new FakeProcessRunner().answer("docker").answer(/pull/, { code: 1, stderr: refusal })),
    },
  },
});
for (const { name, skip, run } of contract) test.skipIf(skip)(`contract: ${name}`, run);
