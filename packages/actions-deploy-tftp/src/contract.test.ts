import { ArchiverToken, ProcessRunnerToken, TftpServerToken } from "@basalt/core";
import { FakeArchiver, FakeProcessRunner, pluginContract, refusal } from "@basalt/testing";
import { test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import plugin from "./index.js";

const services = (runner: FakeProcessRunner) => ({
  services: [
    [ProcessRunnerToken, runner],
    [ArchiverToken, new FakeArchiver()],
    [TftpServerToken, { root: async () => "/srv/tftp", sizeLimitBytes: 2 ** 32 }],
  ] as const,
});
const tools = () => new FakeProcessRunner().answer("mkimage");

const contract = pluginContract(plugin, {
  manifest,
  deploy: {
    device: {
      hostname: "board-01",
      parameters: { bootm: { kernel: "0x1000" } },
      actions: { deploy: { methods: { tftp: null } }, boot: { methods: { "u-boot": null } } },
    },
    block: { to: "tftp", kernel: { url: "http://x/Image", type: "image" }, dtb: { url: "http://x/a.dtb" } },
    files: { "http://x/Image": "k", "http://x/a.dtb": "d" },
    scene: () => services(tools()),
    beside: { refuses: () => services(tools().answer("mkimage", { code: 1, stderr: refusal })) },
  },
});
for (const { name, skip, run } of contract) test.skipIf(skip)(`contract: ${name}`, run);
