import { ArchiverToken } from "@basalt/core";
import { FakeArchiver, pluginContract } from "@basalt/testing";
import { test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import plugin from "./index.js";

const nothing = "it fetches nothing and runs nothing";
const contract = pluginContract(plugin, {
  manifest,
  deploy: {
    device: { hostname: "host-01", actions: { deploy: { methods: { ssh: { host: "h" } } } } },
    block: { to: "ssh" },
    services: [[ArchiverToken, new FakeArchiver()]],
    scenes: { silent: nothing, hangsOnce: nothing },
  },
});
for (const { name, skip, run } of contract) test.skipIf(skip)(`contract: ${name}`, run);
