import { CleanupStack } from "../cleanup.js";
import { toBasaltError } from "../errors.js";
import type { PlannedNode } from "../plan/number-plan.js";
import type { Slot } from "../slot.js";
import type { JobRun } from "./job-run.js";
import { retried } from "./run-attempts.js";

const held = (slot: Slot<boolean>, { namespace }: PlannedNode, run: JobRun): Map<string, unknown> =>
  run.slots(slot.namespace ?? namespace);

/** Whether a node is left out: its `unless` holds true. */
export const isLeftOut = (node: PlannedNode, run: JobRun): boolean =>
  node.unless !== undefined && held(node.unless, node, run).get(node.unless.id) === true;

/**
 * Runs a node's body and writes whether it passed. A failure that a retry would accept is the answer no; what it opened is undone.
 * Others, and the job's cancellation, are thrown.
 */
export async function runQuestion(
  node: PlannedNode & { readonly answer: Slot<boolean> },
  run: JobRun,
  cleanup: CleanupStack,
  body: (cleanup: CleanupStack) => Promise<void>,
): Promise<void> {
  const { answer, name } = node;
  const own = new CleanupStack();
  const write = (passed: boolean): void => void held(answer, node, run).set(answer.id, passed);
  try {
    await body(own);
    write(true);
  } catch (thrown) {
    const error = toBasaltError(thrown);
    if (run.signal.aborted || !retried.has(error.kind)) throw error;
    run.log.info(`${name}: no. ${error.message}`);
    await run.unwind(own);
    write(false);
  } finally {
    own.moveTo(cleanup);
  }
}
