import type { CleanupStack } from "../cleanup.js";
import { rejectOnAbort } from "../clock.js";
import { characterDelayMs } from "../device/device.js";
import { BasaltError, bugError, isBasaltError } from "../errors.js";
import type { Json } from "../json.js";
import type { AnyAction } from "../plan/action.js";
import type { PlannedNode } from "../plan/number-plan.js";
import type { Slots } from "../slot.js";
import type { Tokens } from "../token.js";
import type { ActionContext } from "./action-context.js";
import { callProtocols } from "./call-protocols.js";
import type { JobRun } from "./job-run.js";
import { type Limit, outOfTime } from "./limit.js";

/** How long an action whose signal has aborted may take to stop before it is left behind. */
const graceMs = 300;

export interface RunActionOptions {
  readonly limit: Limit;
  readonly cleanup: CleanupStack;
  readonly extra: Map<string, Json>;
  /** It is a group's tail: protocols were asked before its children. */
  readonly afterChildren?: boolean;
}

/** The services an action declared, found. */
export function findServices(needs: Tokens, run: JobRun): Record<string, unknown> {
  return Object.fromEntries(Object.entries(needs).map(([key, wanted]) => [key, run.resolve(wanted)]));
}

function readSlots(reads: Slots, node: PlannedNode, run: JobRun): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [key, slot] of Object.entries(reads)) {
    const namespace = slot.namespace ?? node.namespace;
    const held = run.slots(namespace);
    if (held.has(slot.id)) values[key] = held.get(slot.id);
    else if (slot.optional) values[key] = undefined;
    else
      throw bugError(
        "ERR_SLOT_EMPTY",
        `${node.name} reads '${slot.id}' of namespace '${namespace}', which nothing wrote`,
      );
  }
  return values;
}

function writeSlots(writes: Slots, output: unknown, node: PlannedNode, run: JobRun): void {
  const values = (output ?? {}) as Record<string, unknown>;
  for (const [key, slot] of Object.entries(writes))
    run.slots(slot.namespace ?? node.namespace).set(slot.id, values[key]);
}

/** The context an action runs with; its signal is the given one. */
export function actionContext(
  node: PlannedNode,
  run: JobRun,
  signal: AbortSignal,
  options: RunActionOptions,
): ActionContext {
  const { clock, journal, log } = run;
  const { level, name, namespace } = node;
  return {
    signal,
    clock,
    log,
    logLine: run.logLine,
    journal,
    cleanup: options.cleanup,
    job: run.job,
    level,
    name,
    namespace,
    parameters: node.parameters,
    remainingMs: () => Math.max(0, options.limit.endsAt - clock.monotonic()),
    connectionTimeoutMs: node.connectionTimeoutMs,
    characterDelayMs: characterDelayMs(run.job.device, node.section),
    report: (result) => run.report(result),
    addExtra: (key, value) => void options.extra.set(key, value),
    progress: (what, done, total, unit) =>
      journal.append({
        type: "progress",
        at: clock.now(),
        level,
        what,
        done,
        ...(total === undefined ? {} : { total }),
        unit,
      }),
  };
}

/** A wait on the console that ran out of time is blamed like the action's own timeout (LAVA: "wait for prompt timed out" is a JobError). */
function blame(error: unknown, node: PlannedNode): unknown {
  if (!isBasaltError(error) || error.kind !== "timeout") return error;
  const kind = (node.action ?? node.tail)?.blameOnTimeout ?? "job";
  return new BasaltError(kind, error.code, error.message, { cause: error, details: error.details });
}

/** Runs one action, raced against its limit and the job's cancellation even if it ignores its signal. */
export async function runAction(
  node: PlannedNode,
  action: AnyAction,
  run: JobRun,
  options: RunActionOptions,
): Promise<void> {
  const { clock, log } = run;
  const { limit } = options;
  const leftMs = limit.endsAt - clock.monotonic();
  if (leftMs <= 0) throw outOfTime(node, limit, clock);
  using deadline = clock.deadline(leftMs, node.name);
  const signal = AbortSignal.any([run.signal, deadline.signal]);
  const { promise: aborted, off } = rejectOnAbort(signal);
  const ctx = actionContext(node, run, signal, options);
  const work = (async () => {
    if (!options.afterChildren) await callProtocols(node, run, ctx);
    return action.run({ ...readSlots(action.reads, node, run), ...findServices(action.needs, run) }, ctx);
  })();
  try {
    writeSlots(action.writes, await Promise.race([work, aborted]), node, run);
  } catch (error) {
    if (!signal.aborted) throw blame(error, node);
    const stopped = await settlesWithin(work, graceMs, run);
    if (!stopped) log.warning(`${node.name} did not stop within ${graceMs} ms: it is left behind`);
    if (run.signal.aborted) throw run.signal.reason;
    // what the action said when it was told to stop often says where it hung
    const said = stopped ? stopped.error : undefined;
    throw outOfTime(node, limit, clock, said === deadline.signal.reason ? undefined : said);
  } finally {
    off();
  }
}

/** Waits a moment for work to end; undefined where it does not. */
async function settlesWithin(
  work: Promise<unknown>,
  ms: number,
  { clock }: JobRun,
): Promise<{ readonly error?: unknown } | undefined> {
  const stop = new AbortController();
  const settled = work.then(
    () => ({}),
    (error: unknown) => ({ error }),
  );
  const late = clock.sleep(ms, { signal: stop.signal }).then(
    () => undefined,
    () => undefined,
  );
  try {
    return await Promise.race([settled, late]);
  } finally {
    stop.abort();
  }
}
