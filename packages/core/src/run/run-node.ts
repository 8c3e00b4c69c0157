import type { CleanupStack } from "../cleanup.js";
import { toBasaltError } from "../errors.js";
import { formatDuration } from "../job/timeout.js";
import type { Json } from "../json.js";
import type { PlannedNode } from "../plan/number-plan.js";
import { callsProtocols, onlyProtocols } from "./call-protocols.js";
import type { JobRun } from "./job-run.js";
import { type Limit, limitFor, outOfTime, shownLeft } from "./limit.js";
import { reportAction } from "./report-action.js";
import { type RunActionOptions, runAction } from "./run-action.js";
import { runAttempts } from "./run-attempts.js";
import { isLeftOut, runQuestion } from "./run-question.js";

/** Runs a node and all below it: log lines, time limits, attempts, results. Throws the node's failure. */
export async function runNode(
  node: PlannedNode,
  run: JobRun,
  outer: Limit,
  cleanup: CleanupStack,
  attempt = 1,
): Promise<void> {
  const { clock, journal, log } = run;
  const limit = limitFor(node, outer, clock);
  const { startedAt } = limit;
  const isRoot = !node.level.includes(".");
  const say = isRoot ? log.info : log.debug;
  const { level, name, section, namespace, timeoutMs } = node;
  say(`start: ${level} ${name} (timeout ${shownLeft(limit, startedAt)}) [${namespace}]`);
  journal.append({ type: "action-started", at: clock.now(), level, name, section, namespace, timeoutMs, attempt });
  const extra = new Map<string, Json>();
  let failure: unknown;
  try {
    await runBody(node, run, { limit, cleanup, extra, attempt });
  } catch (error) {
    failure = error;
  }
  const ms = clock.monotonic() - startedAt;
  say(`end: ${level} ${name} (duration ${formatDuration(ms)}) [${namespace}]`);
  const error = failure === undefined ? undefined : toBasaltError(failure);
  journal.append({
    type: "action-ended",
    at: clock.now(),
    level,
    name,
    outcome: error ? "fail" : "pass",
    ms,
    ...(error ? { error } : {}),
  });
  reportAction(node, run, { ms, extra, error });
  if (error) throw error;
}

interface Body extends RunActionOptions {
  readonly attempt: number;
}

async function runBody(node: PlannedNode, run: JobRun, { limit, cleanup, extra, attempt }: Body): Promise<void> {
  const once = async (stack: CleanupStack, nth: number): Promise<void> => {
    const action = node.action ?? (callsProtocols(node) ? onlyProtocols : undefined);
    if (action) await runAction(node, action, run, { limit, cleanup: stack, extra });
    for (const child of node.children) {
      run.signal.throwIfAborted();
      if (limit.endsAt <= run.clock.monotonic()) throw outOfTime(node, limit, run.clock);
      await runNode(child, run, limit, stack, nth);
    }
    if (node.tail) await runAction(node, node.tail, run, { limit, cleanup: stack, extra, afterChildren: true });
  };
  if (isLeftOut(node, run)) return run.log.info(`${node.name} is not needed: it is left out`);
  const all = async (stack: CleanupStack): Promise<void> => {
    if (node.kind === "retry") await runAttempts(node, run, limit, stack, once);
    else await once(stack, attempt);
  };
  const { answer } = node;
  await (answer ? runQuestion({ ...node, answer }, run, cleanup, all) : all(cleanup));
}
