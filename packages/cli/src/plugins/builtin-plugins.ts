import { type PluginManifest, readManifestsAmong } from "@basalt/plugin-loader";
import { ownFolder, ownPackage } from "../own-package.js";

/** The plugins that come with the command: those of its dependencies that are Basalt's own and have a manifest. */
export async function builtinManifests(): Promise<readonly PluginManifest[]> {
  const ours = Object.keys(ownPackage().dependencies).filter((name) => name.startsWith("@basalt/"));
  return readManifestsAmong(ours, { from: ownFolder });
}
