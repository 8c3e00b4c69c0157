import { compareManifest, loadPlugin } from "@basalt/plugin-loader";
import { expect, test } from "vitest";
import { builtinManifests } from "./builtin-plugins.js";
import { importBuiltin } from "./import-builtin.js";

const manifests = await builtinManifests();

test("the command brings plugins for all sections of a job, and drivers", () => {
  for (const kind of ["deploy", "boot", "test", "command", "power", "connections"] as const)
    expect(manifests.flatMap(({ contributes }) => contributes[kind]).length, kind).toBeGreaterThan(0);
});

test.each(manifests.map((manifest) => [manifest.name, manifest] as const))(
  "%s fits its manifest",
  async (_name, manifest) => {
    const plugin = await loadPlugin(manifest, ({ name }) => importBuiltin(name));
    expect(compareManifest(manifest, plugin)).toEqual([]);
  },
);
