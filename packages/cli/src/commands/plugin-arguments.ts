import type { Io } from "../io.js";
import { readConfig } from "../plugins/config.js";
import { type FoundPlugins, findPlugins } from "../plugins/plugin-catalog.js";

/** Options that all commands have that use plugins. */
export interface PluginArguments {
  readonly plugin: readonly string[];
  readonly config?: string;
}

/** The plugins there are for these options. */
export async function openCatalog(args: PluginArguments, { cwd }: Io): Promise<FoundPlugins> {
  return findPlugins({ cwd, plugins: args.plugin, config: await readConfig(cwd, args.config) });
}
