import { ProcessRunnerToken } from "@basalt/core";
import { FakeProcessRunner, pluginContract, refusal } from "@basalt/testing";
import { test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import plugin from "./index.js";

const tool = (runner = new FakeProcessRunner().answer("flash")) => ({
  services: [[ProcessRunnerToken, runner] as const],
});

const contract = pluginContract(plugin, {
  manifest,
  deploy: {
    device: { hostname: "board-01", actions: { deploy: { methods: { flasher: { commands: ["flash {KERNEL}"] } } } } },
    block: { to: "flasher", images: { kernel: { url: "http://x/Image" } } },
    files: { "http://x/Image": "k" },
    scene: () => tool(),
    beside: { refuses: () => tool(new FakeProcessRunner().answer("flash", { code: 1, stderr: refusal })) },
  },
});
for (const { name, skip, run } of contract) test.skipIf(skip)(`contract: ${name}`, run);
