import { readFile } from "node:fs/promises";
import { type PluginManifest, readManifestsAmong } from "@basalt/plugin-loader";

const ownPackage = new URL("../../package.json", import.meta.url);

/** The plugins that come with the command: those of its dependencies that are Basalt's own and have a manifest. */
export async function builtinManifests(): Promise<readonly PluginManifest[]> {
  const { dependencies } = JSON.parse(await readFile(ownPackage, "utf8")) as { readonly dependencies: object };
  const ours = Object.keys(dependencies).filter((name) => name.startsWith("@basalt/"));
  return readManifestsAmong(ours, { from: import.meta.dirname });
}

/** Imports one of them, from where the command itself would. */
export const importBuiltin = ({ name }: PluginManifest): Promise<unknown> => import(/* @vite-ignore */ name);
