import {
  contributionsOf,
  formatProblems,
  type Plugin,
  problemsToError,
  validateJob,
  type YamlDocument,
} from "@basalt/core";

export interface CheckJobOptions {
  /** Unknown keys are refused, too. */
  readonly strict: boolean;
}

/**
 * Checks a job against core's schema and those of the plugins. Gives warnings, ready to print.
 * @throws ERR_JOB_INVALID (job), with all problems
 */
export async function checkJob(
  document: YamlDocument,
  plugins: readonly Plugin[],
  { strict }: CheckJobOptions,
): Promise<readonly string[]> {
  const contributions = plugins.flatMap((plugin) => contributionsOf(plugin));
  const result = await validateJob(document, contributions, { strict });
  if (!result.ok) throw problemsToError([...result.problems, ...result.warnings]);
  return result.warnings.length > 0 ? [formatProblems(result.warnings)] : [];
}
