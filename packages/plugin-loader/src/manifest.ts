import { closest, configurationError, isJsonObject } from "@basalt/core";

/** What a plugin may contribute, as its manifest names it: blocks of the four sections, drivers, protocols. */
export const contributionKinds = ["deploy", "boot", "test", "command", "power", "connections", "protocols"] as const;
export type ContributionKind = (typeof contributionKinds)[number];

/** Names of methods, drivers and protocols, by kind. */
export type Contributions = Readonly<Record<ContributionKind, readonly string[]>>;

/** What a plugin's package.json says of it: enough to know whether a job needs it, without loading its code. */
export interface PluginManifest {
  readonly name: string;
  readonly version: string;
  /** Absolute path of the package's folder. */
  readonly folder: string;
  /** Version of the plugin interface it was built for. */
  readonly api: number;
  /** Its range of `@basalt/core`. */
  readonly coreRange: string;
  readonly contributes: Contributions;
  /** The whole package.json. */
  readonly packageJson: Readonly<Record<string, unknown>>;
}

const invalid = (name: string, problem: string): Error =>
  configurationError(
    "ERR_PLUGIN_MANIFEST",
    `plugin ${name}: ${problem}. A plugin's package.json needs "basalt": {"api": 1, "contributes": {"boot": ["my-method"]}} ` +
      `and "peerDependencies": {"@basalt/core": "..."}: tell the plugin's author`,
    { details: { plugin: name, problem } },
  );

function readContributions(name: string, value: unknown): Contributions {
  if (!isJsonObject(value)) throw invalid(name, 'its "basalt.contributes" is missing or not an object');
  for (const key of Object.keys(value)) {
    if ((contributionKinds as readonly string[]).includes(key)) continue;
    const near = closest(key, contributionKinds);
    throw invalid(name, `"basalt.contributes.${key}" is not known${near ? `, did you mean "${near}"?` : ""}`);
  }
  const names = (kind: ContributionKind): readonly string[] => {
    const listed = value[kind] ?? [];
    if (!Array.isArray(listed) || !listed.every((item) => typeof item === "string" && item !== ""))
      throw invalid(name, `"basalt.contributes.${kind}" must be a list of names`);
    return listed as readonly string[];
  };
  return Object.fromEntries(contributionKinds.map((kind) => [kind, names(kind)])) as Contributions;
}

/** A plugin peer-depends on core; one that is a library, too, may depend on it outright. */
function rangeOf(dependencies: unknown): string | undefined {
  const range = isJsonObject(dependencies) ? dependencies["@basalt/core"] : undefined;
  return typeof range === "string" ? range : undefined;
}

/** Reads the parts of a package.json that make it a plugin. @throws ERR_PLUGIN_MANIFEST (configuration) */
export function parseManifest(
  packageJson: unknown,
  { name, folder }: { name: string; folder: string },
): PluginManifest {
  if (!isJsonObject(packageJson)) throw invalid(name, "its package.json is not an object");
  const { basalt } = packageJson;
  if (!isJsonObject(basalt)) throw invalid(name, 'it is no Basalt plugin: its package.json has no "basalt" block');
  const { api } = basalt;
  if (typeof api !== "number" || !Number.isInteger(api)) throw invalid(name, '"basalt.api" must be a whole number');
  const coreRange = rangeOf(packageJson.peerDependencies) ?? rangeOf(packageJson.dependencies);
  if (coreRange === undefined) throw invalid(name, 'it has no peer dependency on "@basalt/core"');
  return Object.freeze({
    name: typeof packageJson.name === "string" ? packageJson.name : name,
    version: typeof packageJson.version === "string" ? packageJson.version : "0.0.0",
    folder,
    api,
    coreRange,
    contributes: readContributions(name, basalt.contributes),
    packageJson,
  });
}
