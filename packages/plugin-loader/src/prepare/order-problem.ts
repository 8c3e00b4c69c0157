import { type BasaltError, jobError, type Pipeline, unmetReads } from "@basalt/core";

/** What is wrong with the order of a job's blocks, ERR_PLAN_UNMET (job); undefined where nothing is. */
export function orderProblem(pipeline: Pipeline): BasaltError | undefined {
  const unmet = unmetReads(pipeline);
  if (unmet.length === 0) return undefined;
  const reads = unmet.map(
    ({ level, action, slot, namespace }) =>
      `${level} ${action} needs '${slot}' of namespace '${namespace}', which nothing before it gives`,
  );
  return jobError(
    "ERR_PLAN_UNMET",
    `the blocks' order can't work: ${reads.join("; ")}. Is a deploy or boot block missing, or in another namespace?`,
    { details: { unmet } },
  );
}
