import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { configurationError, isJsonObject, type Plugin } from "@basalt/core";
import { exports as resolveExports } from "resolve.exports";
import { compareManifest } from "./compare-manifest.js";
import type { PluginManifest } from "./manifest.js";

/** Imports a plugin's code: gives the module. */
export type ImportPlugin = (manifest: PluginManifest) => Promise<unknown>;

const refuse = ({ name, version }: PluginManifest, code: string, problem: string, cause?: unknown): Error =>
  configurationError(code, `plugin ${name} ${version}: ${problem}`, {
    ...(cause === undefined ? {} : { cause }),
    details: { plugin: name, version },
  });

/** Imports the package's main entry, as `exports` (or `main`) names it for `import`. */
export const importEntry: ImportPlugin = async (manifest) => {
  const { packageJson, folder } = manifest;
  const [entry] = packageJson.exports === undefined ? [] : (resolveExports(packageJson, ".") ?? []);
  const main = entry ?? (typeof packageJson.main === "string" ? packageJson.main : "index.js");
  return import(pathToFileURL(join(folder, main)).href);
};

const isPlugin = (value: unknown): value is Plugin =>
  isJsonObject(value) &&
  typeof value.name === "string" &&
  ["strategies", "power", "connections", "protocols"].every(
    (key) => value[key] === undefined || Array.isArray(value[key]),
  );

/**
 * Imports a plugin and checks that it exports what its manifest promised.
 * @throws ERR_PLUGIN_IMPORT, ERR_PLUGIN_EXPORT, ERR_PLUGIN_MISMATCH (configuration)
 */
export async function loadPlugin(manifest: PluginManifest, importPlugin: ImportPlugin = importEntry): Promise<Plugin> {
  let module: unknown;
  try {
    module = await importPlugin(manifest);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw refuse(
      manifest,
      "ERR_PLUGIN_IMPORT",
      `importing it failed: ${message}. Install it again, or tell its author`,
      cause,
    );
  }
  const plugin = (module as { readonly default?: unknown }).default;
  if (!isPlugin(plugin))
    throw refuse(
      manifest,
      "ERR_PLUGIN_EXPORT",
      "its default export is not a plugin: it must be what definePlugin({...}) of @basalt/core gives",
    );
  const differences = compareManifest(manifest, plugin);
  if (differences.length > 0)
    throw refuse(
      manifest,
      "ERR_PLUGIN_MISMATCH",
      `${differences.join("; ")}. Correct "basalt.contributes" in its package.json`,
    );
  return plugin;
}
