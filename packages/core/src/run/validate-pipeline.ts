import { CleanupStack } from "../cleanup.js";
import { rejectOnAbort } from "../clock.js";
import { isBasaltError, jobError } from "../errors.js";
import { formatDuration } from "../job/timeout.js";
import { type Pipeline, pipelineRoots } from "../plan/build-pipeline.js";
import type { PlannedNode } from "../plan/number-plan.js";
import type { JobRun } from "./job-run.js";
import type { Limit } from "./limit.js";
import { actionContext, findServices } from "./run-action.js";

async function validateNode(
  node: PlannedNode,
  run: JobRun,
  signal: AbortSignal,
  limit: Limit,
  problems: string[],
): Promise<void> {
  for (const action of [node.action, node.tail]) {
    if (!action?.validate) continue;
    const ctx = actionContext(node, run, signal, { limit, cleanup: new CleanupStack(), extra: new Map() });
    try {
      await action.validate(findServices(action.needs, run), ctx);
    } catch (error) {
      // an error of the job's author is collected, so that all are told at once; others end the job here
      if (!isBasaltError(error) || error.kind !== "job") throw error;
      problems.push(`${node.level} ${node.name}: ${error.message}`);
    }
  }
  for (const child of node.children) await validateNode(child, run, signal, limit, problems);
}

/** Asks every action whether it could run, before power is switched. Reports `lava.validate`; throws what is wrong. */
export async function validatePipeline(pipeline: Pipeline, run: JobRun, limit: Limit): Promise<void> {
  const { clock, log } = run;
  const startedAt = clock.monotonic();
  log.info(`start: 0 validate`);
  using deadline = clock.deadline(limit.ms, "validate");
  const signal = AbortSignal.any([run.signal, deadline.signal]);
  const { promise: aborted, off } = rejectOnAbort(signal);
  const problems: string[] = [];
  const all = async (): Promise<void> => {
    for (const root of pipelineRoots(pipeline)) await validateNode(root, run, signal, limit, problems);
  };
  let passed = false;
  try {
    await Promise.race([all(), aborted]);
    if (problems.length > 0)
      throw jobError("ERR_JOB_INVALID", `Invalid job data: ${problems.join("; ")}`, { details: { problems } });
    passed = true;
  } catch (error) {
    if (deadline.signal.aborted)
      throw jobError("ERR_ACTION_TIMEOUT", `validate timed out after ${Math.round(limit.ms / 1000)} seconds`, {
        cause: error,
        details: { timeoutMs: limit.ms },
      });
    throw error;
  } finally {
    off();
    const ms = clock.monotonic() - startedAt;
    log.info(`end: 0 validate (duration ${formatDuration(ms)})`);
    run.report({
      definition: "lava",
      case: "validate",
      result: passed ? "pass" : "fail",
      level: "0",
      duration: (ms / 1000).toFixed(2),
    });
  }
}
