import {
  asObject,
  contributionsOf,
  formatProblems,
  type Plugin,
  problemsToError,
  type SchemaContribution,
  sections,
  validateJob,
  type YamlDocument,
} from "@basalt/core";

import type { PluginCatalog } from "../catalog.js";

export interface CheckJobOptions {
  /** Unknown keys are refused, too. */
  readonly strict: boolean;
  /** Names the methods there are, also those of plugins that are not loaded. */
  readonly catalog: Pick<PluginCatalog, "manifests">;
  /** Names that the job's `context` may set beside LAVA's list (LAVA: EXTRA_CONTEXT_VARIABLES); `any` where the device is rendered already. */
  readonly extraContext?: readonly string[] | "any";
}

/** Methods by their manifests: an error about an unknown one can name them all. */
const unloaded = (
  { manifests }: CheckJobOptions["catalog"],
  loaded: readonly SchemaContribution[],
): SchemaContribution[] =>
  manifests.flatMap(({ contributes }) =>
    sections.flatMap((section) =>
      contributes[section]
        .filter((method) => !loaded.some((known) => known.section === section && known.method === method))
        .map((method) => ({ section, method, schema: {} })),
    ),
  );

/**
 * Checks a job against core's schema and those of the plugins. Gives warnings, ready to print.
 * @throws ERR_JOB_INVALID (job), with all problems
 */
export async function checkJob(
  document: YamlDocument,
  plugins: readonly Plugin[],
  { strict, catalog, extraContext = [] }: CheckJobOptions,
): Promise<readonly string[]> {
  const loaded = plugins.flatMap((plugin) => contributionsOf(plugin));
  const named = (): readonly string[] => Object.keys(asObject(asObject(document.value).context));
  const extraContextVariables = extraContext === "any" ? named() : extraContext;
  const contributions = [...loaded, ...unloaded(catalog, loaded)];
  const result = await validateJob(document, contributions, { strict, extraContextVariables });
  if (!result.ok) throw problemsToError([...result.problems, ...result.warnings]);
  return result.warnings.length > 0 ? [formatProblems(result.warnings)] : [];
}
