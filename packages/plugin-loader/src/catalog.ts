import type { Plugin } from "@basalt/core";
import { type ImportPlugin, loadPlugin } from "./load-plugin.js";
import type { PluginManifest } from "./manifest.js";
import { type Need, neededPlugins } from "./needed-plugins.js";

const inJobs = ["deploy", "boot", "test", "command", "protocols"] as const;

/** All plugins there are, known by their manifests, and a way to load the code of some. */
export interface PluginCatalog {
  readonly manifests: readonly PluginManifest[];
  /** Imports the plugins that serve these needs. */
  load(needs: readonly Need[]): Promise<readonly Plugin[]>;
  /** Imports all plugins that have a part in jobs: those that only have drivers for devices are left out. */
  loadAllForJobs(): Promise<readonly Plugin[]>;
}

export interface MakeCatalogOptions {
  /** Of several that serve a need, the first ones come first. Manifests of the same folder count once. */
  readonly manifests: readonly PluginManifest[];
  /** Imports a plugin that can't be found by its package's entry (one that is bundled); undefined for those that can. */
  importBuiltin?(manifest: PluginManifest): ImportPlugin | undefined;
}

/** A catalog of the plugins with these manifests. */
export function makeCatalog({ manifests: given, importBuiltin }: MakeCatalogOptions): PluginCatalog {
  const manifests = [...new Map(given.map((manifest) => [manifest.folder, manifest])).values()];
  const loadThese = (list: readonly PluginManifest[]): Promise<readonly Plugin[]> =>
    Promise.all(list.map((manifest) => loadPlugin(manifest, importBuiltin?.(manifest))));
  return Object.freeze({
    manifests,
    load: (needs: readonly Need[]) => loadThese(neededPlugins(manifests, needs)),
    loadAllForJobs: () =>
      loadThese(manifests.filter(({ contributes }) => inJobs.some((kind) => contributes[kind].length > 0))),
  });
}
