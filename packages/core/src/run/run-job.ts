import { CleanupStack } from "../cleanup.js";
import { type Clock, rejectOnAbort } from "../clock.js";
import {
  type BasaltError,
  canceledError,
  configurationError,
  isBasaltError,
  lavaErrorType,
  toBasaltError,
} from "../errors.js";
import type { Journal } from "../journal/journal.js";
import { makeMasker, maskError, maskJournal } from "../journal/mask.js";
import { asObject, isJsonObject } from "../json.js";
import type { Pipeline } from "../plan/build-pipeline.js";
import type { Protocol, ProtocolSession } from "../plan/protocol.js";
import { ClockToken } from "../services/clock-token.js";
import type { AnySlot } from "../slot.js";
import type { Resolve } from "../token.js";
import { finishJob, unwindStack } from "./finish-job.js";
import type { JobRun } from "./job-run.js";
import type { Limit } from "./limit.js";
import { makeLog } from "./log.js";
import { OpenConsoles } from "./open-consoles.js";
import { actionContext } from "./run-action.js";
import { runNode } from "./run-node.js";
import { validatePipeline } from "./validate-pipeline.js";

/** What a job runs with. */
export interface RunJobOptions {
  readonly pipeline: Pipeline;
  readonly jobId: string;
  readonly clock: Clock;
  readonly journal: Journal;
  readonly resolve: Resolve;
  /** Aborting it cancels the job; the reason should be an error of kind `canceled`. */
  readonly signal: AbortSignal;
  /** Protocols that the job's `protocols` may name. */
  readonly protocols?: readonly Protocol[];
  /** Masked in everything the job logs, beside the job's own `secrets`. */
  readonly secrets?: readonly string[];
  /** Values that are there before the first action, in the namespace `common`. */
  readonly provided?: readonly (readonly [AnySlot, unknown])[];
  /** What the job's author should know; the log begins with it. */
  readonly warnings?: readonly string[];
}

/** How a job ended. A failed test case does not fail the job. */
export type JobOutcome =
  | { readonly result: "pass" }
  | { readonly result: "fail"; readonly error: BasaltError; readonly action?: string };

/** The signal, with an error of kind `canceled` as its reason, whatever it was aborted with; disposing stops listening to it. */
function cancelOf(signal: AbortSignal): Disposable & { readonly signal: AbortSignal } {
  const cancel = new AbortController();
  const abort = (): void => {
    const { reason } = signal;
    const known = isBasaltError(reason);
    cancel.abort(known ? reason : canceledError("ERR_CANCELED", "The job was canceled", { cause: reason }));
  };
  if (signal.aborted) abort();
  else signal.addEventListener("abort", abort, { once: true });
  return { signal: cancel.signal, [Symbol.dispose]: () => signal.removeEventListener("abort", abort) };
}

function makeRun(
  options: RunJobOptions,
  journal: Journal & Pick<JobRun, "logLine">,
  protocols: Map<string, ProtocolSession>,
): JobRun {
  const { pipeline, clock, signal } = options;
  const slots = new Map<string, Map<string, unknown>>();
  for (const [slot, value] of options.provided ?? []) slotsOf(slots, slot.namespace ?? "common").set(slot.id, value);
  const log = makeLog(journal, clock);
  return {
    signal,
    clock,
    journal,
    log,
    logLine: journal.logLine,
    resolve: (wanted) => (wanted.key === ClockToken.key ? (clock as never) : options.resolve(wanted)),
    job: {
      id: options.jobId,
      job: pipeline.job,
      device: pipeline.device,
      consoles: new OpenConsoles(),
      protocols,
      dynamicData: new Map(),
      protocolData: new Map(),
    },
    slots: (namespace) => slotsOf(slots, namespace),
    report: (result) => journal.append({ type: "result", at: clock.now(), result }),
    unwind: (stack) => unwindStack(stack, { clock, log, withinMs: cleanupBudgetMs, signal }),
  };
}

/** LAVA's budget for undoing one failed attempt. */
const cleanupBudgetMs = 300_000;

function slotsOf(all: Map<string, Map<string, unknown>>, namespace: string): Map<string, unknown> {
  let held = all.get(namespace);
  if (!held) {
    held = new Map();
    all.set(namespace, held);
  }
  return held;
}

async function openProtocols(
  { pipeline, protocols = [] }: RunJobOptions,
  run: JobRun,
  sessions: Map<string, ProtocolSession>,
  limit: Limit,
  cleanup: CleanupStack,
): Promise<void> {
  for (const [name, parameters] of Object.entries(pipeline.job.protocols)) {
    const protocol = protocols.find((candidate) => candidate.name === name);
    if (!protocol || !isJsonObject(parameters)) continue;
    using deadline = run.clock.deadline(limit.endsAt - run.clock.monotonic(), `opening protocol ${name}`);
    const signal = AbortSignal.any([run.signal, deadline.signal]);
    const ctx = actionContext(pipeline.finalize, run, signal, { limit, cleanup, extra: new Map() });
    const { promise: aborted, off } = rejectOnAbort(signal);
    const session = await Promise.race([protocol.open(asObject(parameters), ctx), aborted]).finally(off);
    sessions.set(name, cleanup.use(session, `protocol ${name}`));
  }
}

async function runBlocks(pipeline: Pipeline, run: JobRun, limit: Limit, cleanup: CleanupStack): Promise<void> {
  for (const block of pipeline.blocks) {
    run.signal.throwIfAborted();
    try {
      await runNode(block, run, limit, cleanup);
    } catch (error) {
      if (!isBasaltError(error) || error.kind !== "timeout" || !block.skipOnTimeout) throw error;
      run.log.warning(`${error.message}: the block says skip, so the job goes on with the next block`);
    }
  }
}

/** Counts the lines of LAVA's log: results name the lines between which a test case ran. */
function countLines(journal: Journal): Journal & { readonly logLine: () => number } {
  let lines = 0;
  return {
    logLine: () => lines,
    append(event) {
      if (event.type === "log" || event.type === "result") lines++;
      journal.append(event);
    },
  };
}

/** Remembers where each failure began: the first action that ended with it, or with what caused it. */
function trackFailures(journal: Journal): Journal & { readonly originOf: (error: BasaltError) => string | undefined } {
  const origins = new WeakMap<object, string>();
  const originOf = (error: BasaltError): string | undefined =>
    origins.get(error) ?? (isBasaltError(error.cause) ? originOf(error.cause) : undefined);
  return {
    originOf,
    append(event) {
      if (event.type === "action-ended" && event.error) {
        origins.set(event.error, originOf(event.error) ?? event.name);
      }
      journal.append(event);
    },
  };
}

/**
 * Runs a job's plan: validate, the blocks in order, finalize; then undoes all that is left to undo, whatever happened.
 * Never throws for what goes wrong in the job: that is the outcome. The only code that runs actions.
 */
export async function runJob(options: RunJobOptions): Promise<JobOutcome> {
  const { pipeline, clock } = options;
  const secrets = [...Object.values(pipeline.job.secrets), ...(options.secrets ?? [])];
  const masked = maskJournal(options.journal, secrets);
  const counted = countLines(masked);
  const journal = trackFailures(counted);
  const protocols = new Map<string, ProtocolSession>();
  using cancel = cancelOf(options.signal);
  const run = makeRun({ ...options, signal: cancel.signal }, { ...journal, logLine: counted.logLine }, protocols);
  const cleanup = new CleanupStack();
  const startLimit = (): Limit => {
    const startedAt = clock.monotonic();
    return {
      endsAt: startedAt + pipeline.job.timeouts.jobMs,
      of: "the job",
      startedAt,
      ms: pipeline.job.timeouts.jobMs,
    };
  };
  let failure: BasaltError | undefined;
  let started = false;
  for (const text of options.warnings ?? []) run.log.warning(text);
  try {
    run.signal.throwIfAborted();
    await validatePipeline(pipeline, run, startLimit());
    started = true;
    const limit = startLimit();
    await openProtocols(options, run, protocols, limit, cleanup);
    await runBlocks(pipeline, run, limit, cleanup);
  } catch (error) {
    failure = toBasaltError(error);
  }
  const cleanupFailure = await finishJob({ pipeline, run, cleanup, started, failed: failure !== undefined });
  // a board that would not switch off is told even where the job had failed before
  if (failure && cleanupFailure) run.log.error(`finalize failed too: ${cleanupFailure.message}`);
  failure ??= cleanupFailure;
  const action = failure && journal.originOf(failure);
  if (failure?.kind === "bug") run.log.write("exception", failure.stack ?? failure.message);
  else if (failure) run.log.error(`${lavaErrorType[failure.kind]} error: ${failure.message}`);
  run.report({
    definition: "lava",
    case: "job",
    result: failure ? "fail" : "pass",
    ...(failure ? { error_msg: failure.message, error_type: lavaErrorType[failure.kind] } : {}),
  });
  masked.flush();
  if (!failure) return { result: "pass" };
  const error = secrets.length > 0 ? maskError(failure, makeMasker(secrets)) : failure;
  return { result: "fail", error, ...(action === undefined ? {} : { action }) };
}

/** Where a service is missing: a plain error for {@link Resolve} implementations to throw. */
export const serviceMissing = (name: string): BasaltError =>
  configurationError("ERR_SERVICE_MISSING", `nothing here provides ${name}: is a plugin or a setting missing?`);
