import { isJsonObject, type Plugin, type Strategy } from "@basalt/core";
import { type BootContract, bootChecks } from "./boot-checks.js";
import { type ConnectionContract, connectionChecks } from "./connection-checks.js";
import { type ContractCheck, demand, skipped } from "./contract-check.js";
import { type DeployContract, deployChecks } from "./deploy-checks.js";
import { expectManifestMatches } from "./expect-manifest-matches.js";
import { type PowerContract, powerChecks } from "./power-checks.js";
import type { BlockSetting } from "./scene.js";
import { type TestContract, testChecks } from "./test-checks.js";

/** One, or several for a plugin with several methods. */
type Several<T> = T | readonly T[];

export interface PluginContract {
  /** The package's package.json. */
  readonly manifest: unknown;
  /** A block that deploys, for each deploy method. */
  readonly deploy?: Several<DeployContract>;
  /** A block that boots a board, for each boot method. */
  readonly boot?: Several<BootContract>;
  /** A block that tests, for each kind of test. */
  readonly test?: Several<TestContract>;
  readonly command?: Several<TestContract>;
  /** A driver and the state of what it switches, for each power driver. */
  readonly power?: Several<PowerContract>;
  /** A driver and its far end, for each connection driver. */
  readonly connection?: Several<ConnectionContract>;
  /** Methods and drivers without scenarios, and why: `{"boot emulator": "needs its vendor's cloud"}`. */
  readonly untested?: Readonly<Record<string, string>>;
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

const list = <T>(several: Several<T> | undefined): readonly T[] =>
  several === undefined ? [] : Array.isArray(several) ? several : [several as T];

function serves({ section, methods }: Strategy, { block }: BlockSetting): boolean {
  const key = section === "deploy" ? "to" : "method";
  if (section === "command") return true;
  return methods.some((method) => (section === "test" ? method in block : block[key] === method));
}

/** What the plugin contributes and the contract says nothing of. */
function uncovered(plugin: Plugin, contract: PluginContract): readonly string[] {
  const { strategies = [], power = [], connections = [] } = plugin;
  const methods = strategies
    .filter((strategy) => !list<BlockSetting>(contract[strategy.section]).some((one) => serves(strategy, one)))
    .map(({ section, methods: [method] }) => `${section} ${method}`);
  const drivers = [
    ...power.slice(list(contract.power).length).map(({ name }) => `power ${name}`),
    ...connections.slice(list(contract.connection).length).map(({ name }) => `connection ${name}`),
  ];
  return [...new Set([...methods, ...drivers])];
}

/**
 * What every plugin keeps to, as checks for its own test file. What does not apply is skipped, with the reason; a method or driver that
 * neither has scenarios nor stands in `untested` fails.
 *
 * @example for (const { name, skip, run } of pluginContract(plugin, { manifest, boot })) test.skipIf(skip)(`contract: ${name}`, run);
 */
export function pluginContract(plugin: Plugin, contract: PluginContract): readonly ContractCheck[] {
  const { manifest, untested = {} } = contract;
  const silent = uncovered(plugin, contract);
  return [
    { name: "the manifest equals the exports", run: async () => expectManifestMatches(manifest, plugin) },
    { name: "every key of the schemas is described", run: async () => schemasAreDocumented(plugin) },
    {
      name: "every method and driver has scenarios",
      async run() {
        const missing = silent.filter((what) => untested[what] === undefined);
        const advice = "give the contract a scenario for each, or say in 'untested' why there is none";
        demand(missing.length === 0, `no scenarios for ${missing.join(", ")}: ${advice}`);
        const tested = Object.keys(untested).filter((what) => !silent.includes(what));
        demand(tested.length === 0, `'untested' names what has scenarios, or is not there: ${tested.join(", ")}`);
      },
    },
    ...silent.map((what) => skipped(what, untested[what] ?? "no scenarios")),
    ...list(contract.deploy).flatMap((one) => deployChecks(plugin, one)),
    ...list(contract.boot).flatMap((one) => bootChecks(plugin, one)),
    ...list(contract.test).flatMap((one) => testChecks(plugin, one)),
    ...list(contract.command).flatMap((one) => testChecks(plugin, one, "command")),
    ...list(contract.power).flatMap((one) => powerChecks(one)),
    ...list(contract.connection).flatMap((one) => connectionChecks(one)),
  ];
}
