import { ProcessRunnerToken } from "@basalt/core";
import { FakeProcessRunner, pluginContract, refusal, ScriptedBoard } from "@basalt/testing";
import { test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import plugin from "./index.js";

const device = {
  hostname: "board-01",
  commands: { connect: "telnet x 1", hard_reset: "pdu cycle", power_off: "pdu off" },
  actions: { deploy: { methods: { overlay: null } } },
};
const files = { "http://x/a.bin": "a", "http://x/b.img": "b" };
const images = { a: { url: "http://x/a.bin" }, b: { url: "http://x/b.img" } };
const docker = (runner = new FakeProcessRunner().answer("docker")) => ({
  services: [[ProcessRunnerToken, runner] as const],
});

const contract = pluginContract(plugin, {
  manifest,
  deploy: [
    {
      device,
      block: { to: "downloads", images, postprocess: { docker: { image: "debian:12", steps: ["ls"] } } },
      files,
      scene: () => docker(),
      beside: {
        refuses: () =>
          docker(new FakeProcessRunner().answer("docker").answer(/^docker run/, { code: 1, stderr: refusal })),
      },
    },
    { device, block: { to: "download", images }, files, scene: () => ({ board: new ScriptedBoard([]) }) },
  ],
  untested: { "deploy overlay": "prepares the tests' overlay: actions-common plays that" },
});
for (const { name, skip, run } of contract) test.skipIf(skip)(`contract: ${name}`, run);
