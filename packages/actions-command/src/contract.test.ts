import { pluginContract, toolScenes } from "@basalt/testing";
import { test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import plugin from "./index.js";

const contract = pluginContract(plugin, {
  manifest,
  command: {
    device: { hostname: "board-01", commands: { users: { mux: { do: ["/opt/mux 1"], undo: "/opt/mux 0" } } } },
    block: { name: "mux" },
    scenes: toolScenes({ work: /mux 1$/, instead: { hangsOnce: "LAVA runs a command once" } }),
  },
});
for (const { name, skip, run } of contract) test.skipIf(skip)(`contract: ${name}`, run);
