import { ProcessRunnerToken, PtySpawnerToken } from "@basalt/core";
import { FakeProcessRunner, FakePtySpawner, pluginContract, ScriptedBoard, type ScriptStep } from "@basalt/testing";
import { test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import plugin from "./index.js";

const boots: readonly ScriptStep[] = [{ say: "terminal_0 on 5000\r\nLinux version 6.1\r\n# " }];

/** A model in a container; its own output is the console. */
function model(...scripts: readonly (readonly ScriptStep[])[]) {
  const pty = FakePtySpawner.of(new ScriptedBoard(...scripts));
  const docker = new FakeProcessRunner().answer("docker").answer(/--version$/, { stdout: "Fast Models [11.24]" });
  const started = (): number => docker.calls.filter((argv) => argv.includes("--detach")).length;
  const removed = (): number => docker.calls.filter((argv) => argv.includes("--force")).length;
  return {
    consoles: pty,
    attempts: started,
    services: [
      [PtySpawnerToken, pty],
      [ProcessRunnerToken, docker],
    ] as const,
    held: () => (started() > removed() ? [`${started() - removed()} containers`] : []),
  };
}

const device = {
  hostname: "model-01",
  constants: { "kernel-start-message": "Linux version [0-9]" },
  actions: { boot: { methods: { fvp: null } } },
};
const contract = pluginContract(plugin, {
  manifest,
  deploy: {
    device,
    block: { to: "fvp", images: { bl1: { url: "http://x/bl1.bin" } } },
    files: { "http://x/bl1.bin": "bl1" },
  },
  boot: {
    device,
    block: {
      method: "fvp",
      docker: { name: "lab/fvp:11" },
      image: "/opt/FVP_Base",
      arguments: ["-C a=1"],
      use_telnet: false,
      console_string: "terminal_0 on (?P<PORT>\\d+)",
      prompts: ["# "],
    },
    boards: {
      works: () => model(boots),
      silent: () => model([]),
      hangsOnce: () => model([], boots),
      drops: () => model(["unplug"]),
    },
  },
});
for (const { name, skip, run } of contract) test.skipIf(skip)(`contract: ${name}`, run);
