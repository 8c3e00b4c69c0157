import { asList, asObject, asText, asTexts, displayUrl, type JsonObject, type NamespaceFacts } from "@basalt/core";

/** One entry of a test block's `definitions`, as the job has it. */
export interface DefinitionEntry {
  /** Its number over all test blocks of the namespace. */
  readonly index: number;
  readonly stage: number;
  readonly name: string;
  /** `<index>_<name>`: the suite its results belong to. */
  readonly testName: string;
  readonly from: "git" | "url" | "inline";
  /** Address of a repository or archive, as it may be shown; empty for inline ones. */
  readonly repository: string;
  /** Path of the definition in the repository. */
  readonly path: string;
  /** The whole entry: branch, revision, parameters... */
  readonly options: JsonObject;
}

const kinds = ["git", "url", "inline"] as const;

/** All test definitions of a namespace in the order of their numbers, docker tests' included (lava-dispatcher.md 3.11, 9). */
export function definitionsOf(namespace: NamespaceFacts): readonly DefinitionEntry[] {
  const entries = namespace.tests.flatMap(({ block, stage }) =>
    asList(block.params.definitions).map((entry) => ({ options: asObject(entry), stage })),
  );
  return entries.map(({ options, stage }, index) => {
    const name = asText(options.name) ?? "";
    return {
      index,
      stage,
      name,
      testName: `${index}_${name}`,
      from: kinds.find((kind) => kind === options.from) ?? "inline",
      repository: displayUrl(asText(options.repository) ?? ""),
      path: asText(options.path) ?? "",
      options,
    };
  });
}

/** Values that the job gives a definition; `parameters` and `params` are the same thing. */
export const jobParameters = ({ options }: DefinitionEntry): JsonObject => ({
  ...asObject(options.params),
  ...asObject(options.parameters),
});

/** Which parts of a definition's `install` the job leaves out. */
export function skippedParts({ options }: DefinitionEntry): ReadonlySet<string> {
  const parts = new Set(asTexts(options.skip_install));
  return parts.has("all") ? new Set(["keys", "sources", "deps", "steps", "git-repos"]) : parts;
}
