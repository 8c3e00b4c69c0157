import type { Plugin } from "@basalt/core";
import { loadPlugin, type Need, neededPlugins, type PluginManifest, readManifest } from "@basalt/plugin-loader";
import { builtinManifests } from "./builtin-plugins.js";
import type { Config } from "./config.js";
import { importBuiltin } from "./import-builtin.js";

const inJobs = ["deploy", "boot", "test", "command", "protocols"] as const;

export interface CatalogOptions {
  /** Folder that names and paths start from. */
  readonly cwd: string;
  /** From `--plugin`, resolved from `cwd`. */
  readonly plugins: readonly string[];
  readonly config: Config;
}

/** All plugins there are, known by their manifests, and a way to load the code of some. */
export interface PluginCatalog {
  /** The settings it was made with. */
  readonly config: Config;
  readonly manifests: readonly PluginManifest[];
  /** Imports the plugins that serve these needs. */
  load(needs: readonly Need[]): Promise<readonly Plugin[]>;
  /** Imports all plugins that have a part in jobs: those that only have drivers for devices are left out. */
  loadAllForJobs(): Promise<readonly Plugin[]>;
}

/** Finds the plugins of the settings, those of `--plugin` and those that come with the command, in that order. */
export async function findPlugins({ cwd, plugins, config }: CatalogOptions): Promise<PluginCatalog> {
  const [builtin, others] = await Promise.all([
    builtinManifests(),
    Promise.all([
      ...config.plugins.map((name) => readManifest(name, { from: config.folder })),
      ...plugins.map((name) => readManifest(name, { from: cwd })),
    ]),
  ]);
  const manifests = [...new Map([...others, ...builtin].map((manifest) => [manifest.folder, manifest])).values()];
  const importPlugin = (manifest: PluginManifest): Promise<Plugin> => {
    return loadPlugin(manifest, builtin.includes(manifest) ? ({ name }) => importBuiltin(name) : undefined);
  };
  const loadThese = (list: readonly PluginManifest[]): Promise<readonly Plugin[]> =>
    Promise.all(list.map(importPlugin));
  return {
    config,
    manifests,
    load: (needs) => loadThese(neededPlugins(manifests, needs)),
    loadAllForJobs: () =>
      loadThese(manifests.filter(({ contributes }) => inJobs.some((kind) => contributes[kind].length > 0))),
  };
}
