import { ProcessRunnerToken, TftpServerToken } from "@basalt/core";
import { FakeProcessRunner, pluginContract, refusal } from "@basalt/testing";
import { test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import plugin from "./index.js";

/** nbd-server runs until it is told to stop. */
const serving = () => new FakeProcessRunner().stall("nbd-server");
const services = (runner: FakeProcessRunner) => ({
  services: [
    [ProcessRunnerToken, runner],
    [TftpServerToken, { root: async () => "/srv/tftp", sizeLimitBytes: 2 ** 32 }],
  ] as const,
});

const contract = pluginContract(plugin, {
  manifest,
  deploy: {
    device: { hostname: "board-01", actions: { deploy: { methods: { nbd: null } } } },
    block: { to: "nbd", kernel: { url: "http://x/k" }, nbdroot: { url: "http://x/root.ext4" } },
    files: { "http://x/k": "k", "http://x/root.ext4": "r" },
    scene: () => services(serving()),
    beside: {
      refuses: () => services(new FakeProcessRunner().answer("nbd-server", { code: 1, stderr: refusal })),
    },
  },
});
for (const { name, skip, run } of contract) test.skipIf(skip)(`contract: ${name}`, run);
