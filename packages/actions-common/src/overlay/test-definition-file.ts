import {
  asList,
  asObject,
  asText,
  asTexts,
  isJsonObject,
  type Json,
  type JsonObject,
  jobError,
  readYamlFast,
} from "@basalt/core";

/** A repository that a definition's `install` wants beside it. */
export interface GitRepo {
  readonly url: string;
  readonly branch?: string;
  readonly destination?: string;
}

/** A LAVA test definition, read (lava-dispatcher.md 1.6). */
export interface TestDefinition {
  readonly metadata: JsonObject;
  readonly parameters: JsonObject;
  readonly install: JsonObject;
  readonly gitRepos: readonly GitRepo[];
  readonly steps: readonly string[];
  readonly pattern?: string;
  readonly fixup: Readonly<Record<string, string>>;
  readonly expected: readonly string[];
}

/** What `metadata.format` must say. */
export const definitionFormat = "Lava-Test Test Definition 1.0";

const invalid = (where: string, problem: string): Error =>
  jobError("ERR_TESTDEF_INVALID", `${where}: ${problem}`, { details: { definition: where } });

function texts(value: Json | undefined, where: string, key: string): readonly string[] {
  if (isJsonObject(value)) throw invalid(where, `${key} must be a list of commands, not a mapping`);
  const items = asList(value);
  const bad = items.findIndex((item) => asText(item) === undefined && item !== null);
  // "- echo a: b" is a mapping in YAML, and the most frequent slip in definitions
  if (bad >= 0) throw invalid(where, `${key}[${bad}] is not text but ${JSON.stringify(items[bad])}: put it in quotes`);
  return asTexts(value);
}

function gitRepos(value: Json | undefined, where: string): readonly GitRepo[] {
  return asList(value).map((item) => {
    if (typeof item === "string") return { url: item };
    const { url, branch, destination } = asObject(item);
    const address = asText(url);
    if (address === undefined) throw invalid(where, "install.git-repos has an entry without url");
    return {
      url: address,
      ...(asText(branch) === undefined ? {} : { branch: String(branch) }),
      ...(asText(destination) === undefined ? {} : { destination: String(destination) }),
    };
  });
}

/**
 * Checks what LAVA checks of a definition, and what would fail on the device.
 * @param where what messages call it: the path in its repository, or the name of an inline one
 * @throws ERR_TESTDEF_INVALID (job)
 */
export function toTestDefinition(value: unknown, where: string): TestDefinition {
  if (!isJsonObject(value)) throw invalid(where, "a test definition is a mapping with metadata and run");
  if (!isJsonObject(value.metadata))
    throw invalid(where, "metadata is missing: it names the definition and its format");
  if (asText(value.metadata.name) === undefined) throw invalid(where, "metadata.name is missing");
  const install = asObject(value.install);
  const parse = asObject(value.parse);
  const pattern = asText(parse.pattern);
  const fixup = Object.entries(asObject(parse.fixupdict)).map(([from, to]) => [from, asText(to) ?? ""]);
  return {
    metadata: value.metadata,
    parameters: { ...asObject(value.params), ...asObject(value.parameters) },
    install: { ...install, steps: texts(install.steps, where, "install.steps") },
    gitRepos: gitRepos(install["git-repos"], where),
    steps: texts(asObject(value.run).steps, where, "run.steps"),
    ...(pattern === undefined ? {} : { pattern }),
    fixup: Object.fromEntries(fixup) as Record<string, string>,
    expected: asTexts(value.expected),
  };
}

/** Reads a definition's YAML. @throws ERR_TESTDEF_INVALID, ERR_YAML_* (job) with the place */
export const parseTestDefinition = (text: string, where: string): TestDefinition =>
  toTestDefinition(readYamlFast(text, { file: where, kind: "job" }), where);
