import { makeCatalog, type PluginCatalog, readManifest } from "@basalt/plugin-loader";
import { builtinManifests } from "./builtin-plugins.js";
import type { Config } from "./config.js";
import { importBuiltin } from "./import-builtin.js";

export interface CatalogOptions {
  /** Folder that names and paths start from. */
  readonly cwd: string;
  /** From `--plugin`, resolved from `cwd`. */
  readonly plugins: readonly string[];
  readonly config: Config;
}

/** The command's plugins, and the settings they were found with. */
export interface FoundPlugins extends PluginCatalog {
  readonly config: Config;
}

/** Finds the plugins of the settings, those of `--plugin` and those that come with the command, in that order. */
export async function findPlugins({ cwd, plugins, config }: CatalogOptions): Promise<FoundPlugins> {
  const [builtin, others] = await Promise.all([
    builtinManifests(),
    Promise.all([
      ...config.plugins.map((name) => readManifest(name, { from: config.folder })),
      ...plugins.map((name) => readManifest(name, { from: cwd })),
    ]),
  ]);
  const catalog = makeCatalog({
    manifests: [...others, ...builtin],
    importBuiltin: (manifest) => (builtin.includes(manifest) ? ({ name }) => importBuiltin(name) : undefined),
  });
  return { ...catalog, config };
}
