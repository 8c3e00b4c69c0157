import { ProcessRunnerToken, PtySpawnerToken } from "@basalt/core";
import {
  FakeProcessRunner,
  FakePtySpawner,
  pluginContract,
  ScriptedBoard,
  type ScriptStep,
  toolScenes,
} from "@basalt/testing";
import { test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import plugin from "./index.js";

const device = {
  hostname: "container-01",
  actions: { deploy: { methods: { docker: null } }, boot: { methods: { docker: null } } },
};
const hello: readonly ScriptStep[] = [{ say: "# " }];
/** A container in a terminal: each start plays the next script. */
function container(...scripts: readonly (readonly ScriptStep[])[]) {
  const pty = FakePtySpawner.of(new ScriptedBoard(...scripts));
  const docker = new FakeProcessRunner().answer("docker");
  return {
    consoles: pty,
    attempts: () => pty.spawned.length,
    services: [
      [PtySpawnerToken, pty],
      [ProcessRunnerToken, docker],
    ] as const,
    held: () => pty.spawned.slice(docker.calls.length).map((argv) => argv.join(" ")), // each is removed by name
  };
}

const contract = pluginContract(plugin, {
  manifest,
  deploy: {
    device,
    block: { to: "docker", image: "debian:12" },
    scenes: toolScenes({ work: /^docker pull/, instead: { hangsOnce: "LAVA does not try it again" } }),
  },
  boot: {
    device,
    before: [{ deploy: { to: "docker", image: "debian:12" } }],
    after: [{ test: { definitions: [] } }],
    block: { method: "docker", command: "bash", prompts: ["# "] },
    boards: {
      works: () => container(hello),
      silent: () => container([]),
      hangsOnce: () => container([], hello),
      drops: () => container(["unplug"]),
    },
  },
});
for (const { name, skip, run } of contract) test.skipIf(skip)(`contract: ${name}`, run);
