import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Plugin } from "@basalt/core";
import { expectManifestMatches } from "@basalt/testing";
import { expect, test } from "vitest";

const packages = fileURLToPath(new URL("../../../", import.meta.url));
const manifestOf = (name: string) => JSON.parse(readFileSync(`${packages}${name}/package.json`, "utf8"));
const plugins = readdirSync(packages).filter(
  (name) => !name.startsWith(".") && manifestOf(name).keywords?.includes("basalt-plugin"),
);

test.each(plugins)("%s: the manifest is what the code exports, and the command has it", async (name) => {
  const manifest = manifestOf(name);
  const { default: plugin } = (await import(manifest.name)) as { default: Plugin };
  expectManifestMatches(manifest, plugin);
  expect(Object.keys(manifestOf("cli").dependencies)).toContain(manifest.name);
});

// the simulated board is for tests of plugins, its settings are in its options' docstrings
test.each(plugins.filter((name) => name !== "testing"))("%s: every key of its schemas is described", async (name) => {
  const { default: plugin } = (await import(manifestOf(name).name)) as { default: Plugin };
  const schemas = [...(plugin.strategies ?? []), ...(plugin.power ?? []), ...(plugin.connections ?? [])].map(
    ({ schema }) => schema as { properties?: Record<string, { description?: string; $ref?: string }> },
  );
  const silent = schemas.flatMap(({ properties = {} }) =>
    Object.entries(properties).flatMap(([key, value]) => ((value.description ?? value.$ref) ? [] : [key])),
  );
  expect(silent).toEqual([]);
});
