import { readFileSync } from "node:fs";
import { definePlugin, definePowerDriver, defineStrategy, type Plugin } from "@basalt/core";
import { describe, expect, test } from "vitest";
import testing from "../plugin.js";
import { expectManifestMatches } from "./expect-manifest-matches.js";

const plugin: Plugin = definePlugin({
  name: "x",
  strategies: [
    defineStrategy({
      section: "boot",
      method: ["b", "a"],
      schema: {},
      plan: () => ({ kind: "sequence", name: "s", children: [] }),
    }),
  ],
  power: [
    definePowerDriver({
      name: "pdu",
      schema: {},
      create: () => ({ on: async () => {}, off: async () => {}, reset: async () => {} }),
    }),
  ],
});
const good = {
  name: "x",
  keywords: ["basalt-plugin"],
  peerDependencies: { "@basalt/core": "^0.1.0" },
  basalt: { api: 1, contributes: { boot: ["a", "b"], power: ["pdu"] } },
};

test("a true manifest, this package's own too", () => {
  expectManifestMatches(good, plugin);
  const own = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  expectManifestMatches(own, testing);
});

describe("is refused where it", () => {
  test.each([
    ["lists too much", { ...good, basalt: { api: 1, contributes: { boot: ["a", "b", "c"], power: ["pdu"] } } }],
    ["lists too little", { ...good, basalt: { api: 1, contributes: { boot: ["a", "b"] } } }],
    [
      "puts a method under another section",
      { ...good, basalt: { api: 1, contributes: { deploy: ["a", "b"], power: ["pdu"] } } },
    ],
    ["is for another api", { ...good, basalt: { ...good.basalt, api: 2 } }],
    ["has another name", { ...good, name: "y" }],
    ["has no keyword", { ...good, keywords: [] }],
    ["has no peer dependency", { ...good, peerDependencies: {} }],
    ["is no object", null],
  ])("%s", (_what, manifest) => {
    expect(() => expectManifestMatches(manifest, plugin)).toThrow(/deep/);
  });
});
