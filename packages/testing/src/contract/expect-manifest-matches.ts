import { deepStrictEqual } from "node:assert";
import { isJsonObject, type Plugin, pluginApiVersion } from "@basalt/core";

const kinds = ["deploy", "boot", "test", "command", "power", "connections", "protocols"] as const;

/** What a plugin's code contributes, by kind, sorted; kinds it has nothing of are left out. */
function contributionsOf({ strategies = [], power = [], connections = [], protocols = [] }: Plugin) {
  const drivers = { power, connections, protocols };
  const all = kinds.map((kind): [string, string[]] => {
    const names =
      kind in drivers
        ? drivers[kind as keyof typeof drivers].map(({ name }) => name)
        : strategies.filter(({ section }) => section === kind).flatMap(({ methods }) => methods);
    return [kind, [...new Set(names)].sort()];
  });
  return Object.fromEntries(all.filter(([, names]) => names.length > 0));
}

const sorted = (contributes: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(contributes)
      .filter(([, names]) => !Array.isArray(names) || names.length > 0)
      .map(([kind, names]) => [kind, Array.isArray(names) ? [...names].sort() : names]),
  );

/**
 * The contract between a plugin's manifest and its code, for each plugin's own test: `basalt.contributes` lists exactly what the entry
 * exports, `basalt.api` is this core's, name, keyword and peer dependency are there. Throws an AssertionError that shows the difference.
 *
 * @example test("the manifest is true", () => expectManifestMatches(packageJson, plugin));
 */
export function expectManifestMatches(packageJson: unknown, plugin: Plugin): void {
  const manifest = isJsonObject(packageJson) ? packageJson : {};
  const basalt = isJsonObject(manifest.basalt) ? manifest.basalt : {};
  const peers = isJsonObject(manifest.peerDependencies) ? manifest.peerDependencies : {};
  const keywords = Array.isArray(manifest.keywords) ? manifest.keywords : [];
  const said = {
    name: manifest.name,
    api: basalt.api,
    contributes: isJsonObject(basalt.contributes) ? sorted(basalt.contributes) : basalt.contributes,
    hasKeyword: keywords.includes("basalt-plugin"),
    peerOfCore: typeof peers["@basalt/core"] === "string",
  };
  const meant = {
    name: plugin.name,
    api: pluginApiVersion,
    contributes: contributionsOf(plugin),
    hasKeyword: true,
    peerOfCore: true,
  };
  deepStrictEqual(said, meant, undefined);
}
