import { configurationError, pluginApiVersion } from "@basalt/core";
import type { PluginManifest } from "./manifest.js";

const refuse = (code: string, { name, version }: PluginManifest, problem: string, fix: string): Error =>
  configurationError(code, `plugin ${name} ${version} ${problem}: ${fix}`, { details: { plugin: name, version } });

function checkApi(manifest: PluginManifest): void {
  const { api, name } = manifest;
  if (api === pluginApiVersion) return;
  throw refuse(
    "ERR_PLUGIN_API",
    manifest,
    `is built for plugin interface ${api}, this Basalt has ${pluginApiVersion}`,
    api > pluginApiVersion ? "upgrade Basalt" : `upgrade the plugin (npm install ${name}@latest)`,
  );
}

async function checkCoreRange(manifest: PluginManifest, coreVersion: string): Promise<void> {
  const { coreRange, name } = manifest;
  if (coreRange === `^${coreVersion}` || coreRange === coreVersion) return; // the usual case, without loading semver
  const { default: semver } = await import("semver");
  if (semver.validRange(coreRange) === null)
    throw refuse(
      "ERR_PLUGIN_CORE_RANGE",
      manifest,
      `has a peer range of @basalt/core that can't be read ('${coreRange}')`,
      "tell the plugin's author",
    );
  if (semver.satisfies(coreVersion, coreRange, { includePrerelease: true })) return;
  throw refuse(
    "ERR_PLUGIN_CORE_RANGE",
    manifest,
    `wants @basalt/core ${coreRange}, here is ${coreVersion}`,
    semver.gtr(coreVersion, coreRange, { includePrerelease: true })
      ? `upgrade the plugin (npm install ${name}@latest)`
      : "upgrade Basalt",
  );
}

/**
 * Checks that a plugin was built for this Basalt, before its code is loaded.
 * @throws ERR_PLUGIN_API, ERR_PLUGIN_CORE_RANGE (configuration), saying which of the two to upgrade
 */
export async function checkCompatibility(manifest: PluginManifest, coreVersion: string): Promise<void> {
  checkApi(manifest);
  await checkCoreRange(manifest, coreVersion);
}
