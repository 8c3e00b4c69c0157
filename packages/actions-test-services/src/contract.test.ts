import { ArchiverToken } from "@basalt/core";
import { FakeArchiver, pluginContract, toolScenes } from "@basalt/testing";
import { test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import plugin from "./index.js";

const contract = pluginContract(plugin, {
  manifest,
  test: {
    device: { hostname: "board-01", parameters: { allow_test_services: true } },
    block: { services: [{ name: "db", from: "git", repository: "https://x/y.git", path: "compose.yml" }] },
    services: [[ArchiverToken, new FakeArchiver()]],
    scenes: toolScenes({ work: /^docker compose .* up / }),
  },
});
for (const { name, skip, run } of contract) test.skipIf(skip)(`contract: ${name}`, run);
