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
    // each is removed by its name
    held() {
      const removed = docker.calls.filter((argv) => argv.includes("rm")).map((argv) => argv.at(-1));
      return pty.spawned.flatMap((argv) =>
        argv.filter((word) => /^--name=/.test(word) && !removed.includes(word.slice(7))),
      );
    },
  };
}

const linux: readonly ScriptStep[] = [{ say: "Linux version 6.1\r\n# " }];
/** A board that boots when it gets power; the container's terminal is its console. */
function served(...scripts: readonly (readonly ScriptStep[])[]) {
  const board = new ScriptedBoard(...scripts);
  const pty = new FakePtySpawner(() => board.connect());
  const services = [
    [PtySpawnerToken, pty],
    [ProcessRunnerToken, new FakeProcessRunner().answer("docker")],
  ] as const;
  return { board, consoles: pty, services };
}

const contract = pluginContract(plugin, {
  manifest,
  deploy: {
    device,
    block: { to: "docker", image: "debian:12" },
    scenes: toolScenes({ work: /^docker pull/, instead: { hangsOnce: "LAVA does not try it again" } }),
  },
  boot: [
    {
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
    {
      device: {
        hostname: "board-01",
        constants: { "kernel-start-message": "Linux version [0-9]" },
        commands: { hard_reset: "reset", power_off: "off" },
        actions: { boot: { methods: { nodebooter: null } } },
      },
      block: { method: "nodebooter", command: "serve", docker: { image: "nb:1", local: true }, prompts: ["# "] },
      boards: {
        works: () => served(linux),
        silent: () => served([]),
        hangsOnce: () => served([], linux),
        drops: () => served(["unplug"]),
      },
    },
  ],
});
for (const { name, skip, run } of contract) test.skipIf(skip)(`contract: ${name}`, run);
