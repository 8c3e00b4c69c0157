import { type BasaltError, configurationError } from "@basalt/core";

/** One side of the comparison. */
export interface CompatibleSide {
  readonly compatibility: number;
  readonly version: string;
}

/**
 * Server and worker plan each job by themselves; their numbers (the highest of the strategies chosen) must be the same, or the two would do
 * different things. Gives ERR_COMPATIBILITY_MISMATCH (configuration) where they are not.
 */
export function compareCompatibility(server: CompatibleSide, worker: CompatibleSide): BasaltError | undefined {
  if (server.compatibility === worker.compatibility) return undefined;
  const older = server.compatibility < worker.compatibility ? "server" : "worker";
  return configurationError(
    "ERR_COMPATIBILITY_MISMATCH",
    `server and worker do not fit for this job: the server (version ${server.version}) has compatibility ${server.compatibility}, ` +
      `the worker (version ${worker.version}) has ${worker.compatibility}. Upgrade the ${older}, and its plugins; ` +
      "versions may differ as long as these numbers agree",
    { details: { server: { ...server }, worker: { ...worker } } },
  );
}
