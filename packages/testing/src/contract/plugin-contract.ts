import { isJsonObject, type Plugin } from "@basalt/core";
import { type BootContract, bootChecks } from "./boot-checks.js";
import { type ContractCheck, demand } from "./contract-check.js";
import { expectManifestMatches } from "./expect-manifest-matches.js";
import { type PowerContract, powerChecks } from "./power-checks.js";

export interface PluginContract {
  /** The package's package.json. */
  readonly manifest: unknown;
  /** A block that boots a board, for plugins with a boot method. */
  readonly boot?: BootContract;
  /** A driver and the state of what it switches, for plugins with a power driver. */
  readonly power?: PowerContract;
}

/** Keys of a schema that nothing describes, by dotted path. */
function silentKeys(schema: unknown, path = ""): readonly string[] {
  if (!isJsonObject(schema) || !isJsonObject(schema.properties)) return [];
  return Object.entries(schema.properties).flatMap(([key, value]) => {
    const described = isJsonObject(value) && (value.description !== undefined || value.$ref !== undefined);
    return [...(described ? [] : [`${path}${key}`]), ...silentKeys(value, `${path}${key}.`)];
  });
}

/** Every method and driver describes each of its keys, and methods say what they are. */
function schemasAreDocumented({ strategies = [], power = [], connections = [] }: Plugin): void {
  for (const { section, methods, schema } of strategies) {
    const name = `${section} ${methods.join(", ")}`;
    demand(isJsonObject(schema) && typeof schema.title === "string", `the schema of ${name} has no title`);
    demand(typeof schema.description === "string", `the schema of ${name} has no description`);
    demand(silentKeys(schema).length === 0, `keys of ${name} without a description: ${silentKeys(schema).join(", ")}`);
  }
  for (const { name, schema } of [...power, ...connections])
    demand(silentKeys(schema).length === 0, `keys of ${name} without a description: ${silentKeys(schema).join(", ")}`);
}

/**
 * What every plugin keeps to, as checks for its own test file. Checks that need a board or a driver are skipped, with the reason, where
 * none is given.
 *
 * @example for (const { name, skip, run } of pluginContract(plugin, { manifest, boot })) test.skipIf(skip)(`contract: ${name}`, run);
 */
export function pluginContract(plugin: Plugin, { manifest, boot, power }: PluginContract): readonly ContractCheck[] {
  return [
    { name: "the manifest equals the exports", run: async () => expectManifestMatches(manifest, plugin) },
    { name: "every key of the schemas is described", run: async () => schemasAreDocumented(plugin) },
    ...bootChecks(plugin, boot),
    ...powerChecks(plugin, power),
  ];
}
