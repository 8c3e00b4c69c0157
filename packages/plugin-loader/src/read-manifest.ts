import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { configurationError, hasKey } from "@basalt/core";
import { checkCompatibility } from "./check-compatibility.js";
import { type PluginManifest, parseManifest } from "./manifest.js";

export interface ReadManifestOptions {
  /** Folder that a package's name is resolved from, as if a module there imported it; this package's own if absent. */
  readonly from?: string;
}

const here = createRequire(import.meta.url);
let ownCoreVersion: Promise<string> | undefined;

/** Read at once: dozens of small files at every start, each of which costs several times as much through the thread pool. */
const readJson = async (path: string): Promise<unknown> => JSON.parse(readFileSync(path, "utf8"));

/** Version of the `@basalt/core` that this process runs. */
async function coreVersion(): Promise<string> {
  ownCoreVersion ??= readJson(here.resolve("@basalt/core/package.json")).then(
    (found) => (found as { version: string }).version,
  );
  return ownCoreVersion;
}

const isFolder = (name: string): boolean => /^\.{1,2}(\/|$)/.test(name) || isAbsolute(name);

function locate(name: string, from: string | undefined): string {
  if (isFolder(name)) return join(resolve(from ?? ".", name), "package.json");
  const require = from === undefined ? here : createRequire(join(resolve(from), "noop.js"));
  try {
    return require.resolve(`${name}/package.json`);
  } catch (cause) {
    const notExported = (cause as NodeJS.ErrnoException).code === "ERR_PACKAGE_PATH_NOT_EXPORTED";
    throw configurationError(
      "ERR_PLUGIN_NOT_FOUND",
      notExported
        ? `plugin ${name}: its "exports" must list "./package.json", or its manifest can't be read: tell the plugin's author`
        : `plugin ${name} is not installed${from === undefined ? "" : ` in ${resolve(from)}`}: npm install ${name}, or correct its name`,
      { cause, details: { plugin: name } },
    );
  }
}

async function readPackage(
  name: string,
  { from }: ReadManifestOptions,
): Promise<{ path: string; packageJson: unknown }> {
  const path = locate(name, from);
  try {
    return { path, packageJson: await readJson(path) };
  } catch (cause) {
    throw configurationError(
      "ERR_PLUGIN_NOT_FOUND",
      `plugin ${name}: can't read ${path}: ${(cause as Error).message}`,
      {
        cause,
        details: { plugin: name, path },
      },
    );
  }
}

type ReadPackage = Awaited<ReturnType<typeof readPackage>>;

async function checkedManifest(name: string, { path, packageJson }: ReadPackage): Promise<PluginManifest> {
  const manifest = parseManifest(packageJson, { name, folder: dirname(path) });
  await checkCompatibility(manifest, await coreVersion());
  return manifest;
}

/**
 * Finds a plugin by its package name (or a path to its folder: `./my-plugin`), reads its manifest and checks that it fits this Basalt.
 * Its code is not loaded.
 * @throws ERR_PLUGIN_NOT_FOUND, ERR_PLUGIN_MANIFEST, ERR_PLUGIN_API, ERR_PLUGIN_CORE_RANGE (configuration)
 */
export async function readManifest(name: string, options: ReadManifestOptions = {}): Promise<PluginManifest> {
  return checkedManifest(name, await readPackage(name, options));
}

/** The plugins among some packages, in their order; those without a `basalt` block are left out. @throws as {@link readManifest} */
export async function readManifestsAmong(
  names: readonly string[],
  options: ReadManifestOptions = {},
): Promise<readonly PluginManifest[]> {
  const found = await Promise.all(
    names.map(async (name) => {
      const read = await readPackage(name, options);
      return hasKey(read.packageJson, "basalt") ? checkedManifest(name, read) : undefined;
    }),
  );
  return found.filter((manifest) => manifest !== undefined);
}
