import { type Clock, type DaemonLog, infrastructureError, toBasaltError } from "@basalt/core";
import { inWords, withoutQuery } from "../store/errors.js";
import type { Store } from "../store/store.js";
import type { ResultLine } from "./parse-result.js";
import { type JobResults, SuiteIds, writeResults } from "./write-results.js";

/** Results of one job that wait to be written. */
export interface ResultsOfJob {
  readonly job: number;
  /** In the order of their lines; emptied as they are taken. */
  readonly results: ResultLine[];
  /** Lines that have been looked through. */
  looked: number;
  /** Lines whose results are in the tables. */
  written: number;
}

export interface ResultsQueueOptions {
  readonly store: Pick<Store, "transaction">;
  readonly clock: Pick<Clock, "sleep">;
  readonly log: DaemonLog;
}

/** Brings results to the tables, those of many jobs in one transaction; what the database can't take now is tried until it can. */
export interface ResultsQueue extends AsyncDisposable {
  push(of: ResultsOfJob): void;
  /** When all that was looked through is written. @throws ERR_SERVER_STOPS (infrastructure) */
  written(of: ResultsOfJob): Promise<void>;
  /** When not too many wait. @throws ERR_SERVER_STOPS (infrastructure) */
  room(): Promise<void>;
  /** From now on, what the database does not take is not tried again: the server stops, and the results are read from the logs when it starts. */
  hurry(): void;
}

const mostAtOnce = 5_000;
const mostWaiting = 100_000;
const retryMs = 500;
/** SQLSTATE classes of what the tables will never take: data exception, integrity, a limit of the program. */
const refused = /^(?:22|23|54)...$/;

type Batch = readonly (JobResults & { readonly of: ResultsOfJob })[];

const isRefused = (error: unknown): boolean => refused.test(String((error as { code?: unknown })?.code ?? ""));
const sizeOf = (batch: Batch): number => batch.reduce((sum, { results }) => sum + results.length, 0);

/** See {@link ResultsQueue}. */
export function makeResultsQueue({ store, clock, log }: ResultsQueueOptions): ResultsQueue {
  const waiting = new Set<ResultsOfJob>();
  const ids = new SuiteIds();
  const stop = new AbortController();
  let isClosing = false;
  let running: Promise<void> | undefined;
  /** Called when the batch under way has been tried. */
  let tried: (() => void)[] = [];

  function start(): void {
    running ??= run();
  }

  const nextRound = (): Promise<void> =>
    new Promise((resolve) => {
      tried.push(resolve);
      start();
    });

  async function run(): Promise<void> {
    // what comes in this turn of the event loop goes along
    await new Promise((resolve) => setImmediate(resolve));
    while (waiting.size > 0 && !stop.signal.aborted) {
      const batch = nextBatch();
      try {
        await storeBatch(batch);
        for (const { of, upTo } of batch) of.written = Math.max(of.written, upTo);
      } catch (error) {
        putBack(batch);
        const again = isClosing ? "they are read from the logs again when a server starts" : "they are tried again";
        log.error(`results could not be stored, ${again}: ${inWords(error)}`, { code: toBasaltError(error).code });
        if (isClosing) stop.abort();
        await clock.sleep(retryMs, { signal: stop.signal }).catch(() => {});
      }
      endRound();
    }
    running = undefined;
    endRound();
  }

  function endRound(): void {
    const waiters = tried;
    tried = [];
    for (const resolve of waiters) resolve();
  }

  function nextBatch(): Batch {
    const batch: Batch[number][] = [];
    const jobs = new Set<number>();
    let left = mostAtOnce;
    for (const of of [...waiting].sort((a, b) => a.job - b.job)) {
      if (left <= 0) break;
      if (jobs.has(of.job)) continue;
      jobs.add(of.job);
      const results = of.results.splice(0, left);
      left -= results.length;
      batch.push({ of, job: of.job, results, upTo: of.results[0]?.line ?? of.looked });
      if (of.results.length === 0) waiting.delete(of);
    }
    return batch;
  }

  function putBack(batch: Batch): void {
    for (const { of, results } of batch) {
      of.results.unshift(...results);
      waiting.add(of);
    }
  }

  /** One result that the tables can't take must not keep all others from them: it is searched for by halves and left out. */
  async function storeBatch(batch: Batch): Promise<void> {
    try {
      await store.transaction((trx) => writeResults(trx, batch, ids));
    } catch (error) {
      ids.forget();
      const [first] = batch;
      if (!first || !isRefused(error)) throw error;
      if (sizeOf(batch) > 1 || batch.length > 1) {
        for (const part of halves(batch)) await storeBatch(part);
        return;
      }
      const [result] = first.results;
      if (!result) throw error;
      const remark = `The result in line ${result.line} could not be stored: ${withoutQuery((error as Error).message)}`;
      log.error(`job ${first.job}: ${remark}`, { job: first.job });
      await store.transaction((trx) => writeResults(trx, [{ ...first, results: [], remark }], ids));
    }
  }

  const check = (): void => {
    if (stop.signal.aborted)
      throw infrastructureError("ERR_SERVER_STOPS", "results wait to be stored: the server stops");
  };
  const waitingResults = (): number => [...waiting].reduce((sum, { results }) => sum + results.length, 0);

  return {
    push(of) {
      waiting.add(of);
      start();
    },
    async written(of) {
      const upTo = of.looked;
      while (of.written < upTo) {
        check();
        waiting.add(of);
        await nextRound();
      }
    },
    async room() {
      while (waitingResults() > mostWaiting) {
        check();
        await nextRound();
      }
    },
    hurry() {
      isClosing = true;
    },
    async [Symbol.asyncDispose]() {
      isClosing = true;
      if (waiting.size > 0) start();
      await running;
      stop.abort();
    },
  };
}

/** Two parts that are each whole: the first ends where the second begins. */
function halves(batch: Batch): readonly [Batch, Batch] {
  const [first] = batch;
  if (!first) throw new Error("a batch to halve has something in it");
  if (batch.length > 1) {
    const middle = Math.floor(batch.length / 2);
    return [batch.slice(0, middle), batch.slice(middle)];
  }
  const middle = Math.floor(first.results.length / 2);
  const upTo = first.results[middle]?.line ?? first.upTo;
  return [
    [{ ...first, results: first.results.slice(0, middle), upTo }],
    [{ ...first, results: first.results.slice(middle) }],
  ];
}
