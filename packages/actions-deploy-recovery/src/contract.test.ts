import { pluginContract, ScriptedBoard } from "@basalt/testing";
import { test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import plugin from "./index.js";

const contract = pluginContract(plugin, {
  manifest,
  deploy: {
    device: {
      hostname: "board-01",
      commands: { connect: "telnet x 1" },
      actions: { deploy: { methods: { recovery: { tags: ["serial"] } } } },
    },
    block: { to: "recovery", images: { loader: { url: "http://x/l.bin" } } },
    files: { "http://x/l.bin": "l" },
    scene: () => ({ board: new ScriptedBoard([]) }),
  },
});
for (const { name, skip, run } of contract) test.skipIf(skip)(`contract: ${name}`, run);
