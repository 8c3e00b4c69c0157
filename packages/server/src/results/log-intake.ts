import { type Clock, type DaemonLog, toBasaltError } from "@basalt/core";
import { channels, type LogNotice } from "../jobs/channels.js";
import type { LogStore } from "../logs/index.js";
import type { Store } from "../store/store.js";
import { parseResult, type ResultLine, resultLines } from "./parse-result.js";
import { SuiteIds, writeResults } from "./write-results.js";

export interface LogIntakeOptions {
  readonly store: Store;
  readonly logs: LogStore;
  readonly clock: Clock;
  readonly log: DaemonLog;
}

/** Takes log lines from workers: to disk first, then their results to the tables. */
export interface LogIntake extends AsyncDisposable {
  /** Resolves when the lines are on disk for good. `next` is the line to send next. */
  append(job: number, from: number, body: Buffer, count: number): Promise<{ readonly next: number }>;
  /** Resolves when the results of all lines that are stored are in the tables. */
  settle(job: number): Promise<void>;
  /** Hears, at once, that a job's log grew. */
  onGrown(listener: (notice: LogNotice) => void): () => void;
}

interface Pending {
  results: ResultLine[];
  upTo: number;
}

const mostResultsAtOnce = 5_000;
const noticeEveryMs = 200;
const retryMs = 500;

/** See {@link LogIntake}. */
export function makeLogIntake({ store, logs, clock, log }: LogIntakeOptions): LogIntake {
  const pending = new Map<number, Pending>();
  /** Jobs whose stored lines have all been looked through, or are in `pending`. */
  const caughtUp = new Map<number, Promise<void>>();
  const listeners = new Set<(notice: LogNotice) => void>();
  const told = new Map<number, { at: number; waiting: boolean }>();
  const ids = new SuiteIds();
  const stop = new AbortController();
  let flushing: Promise<void> | undefined;

  /** After a restart: lines whose results did not reach the tables are looked through again. */
  function catchUp(job: number): Promise<void> {
    let done = caughtUp.get(job);
    if (!done) {
      done = readRest(job);
      done.catch(() => caughtUp.delete(job));
      caughtUp.set(job, done);
    }
    return done;
  }

  async function readRest(job: number): Promise<void> {
    const row = await store.knex("jobs").where({ id: job }).first("log_lines");
    if (!row) return;
    const count = await logs.count(job);
    const step = 10_000;
    for (let line = row.log_lines; line < count; line += step) {
      const end = Math.min(line + step, count);
      take(job, line, await logs.range(job, line, end), end);
    }
  }

  function take(job: number, from: number, body: Buffer, upTo: number): void {
    const results = resultLines(body, from).flatMap((line) => parseResult(line) ?? []);
    const waiting = pending.get(job) ?? { results: [], upTo: 0 };
    waiting.results.push(...results);
    waiting.upTo = Math.max(waiting.upTo, upTo);
    pending.set(job, waiting);
    // lines without results are written down with the next ones that have some, or when the job settles
    if (results.length > 0) void flush();
  }

  function flush(): Promise<void> {
    flushing ??= flushAll().finally(() => {
      flushing = undefined;
    });
    return flushing;
  }

  async function flushAll(): Promise<void> {
    // what comes in this turn of the event loop goes along
    await new Promise((resolve) => setImmediate(resolve));
    while (pending.size > 0 && !stop.signal.aborted) {
      const batch = nextBatch();
      try {
        await store.transaction((trx) => writeResults(trx, batch, ids));
      } catch (error) {
        ids.forget();
        putBack(batch);
        const { code, message } = toBasaltError(error);
        log.error(`results could not be stored, they are tried again: ${message}`, { code });
        await clock.sleep(retryMs, { signal: stop.signal }).catch(() => {});
      }
    }
  }

  function nextBatch() {
    const batch: { job: number; results: ResultLine[]; upTo: number }[] = [];
    let size = 0;
    for (const [job, { results, upTo }] of [...pending].sort(([a], [b]) => a - b)) {
      if (size > 0 && size + results.length > mostResultsAtOnce) break;
      batch.push({ job, results, upTo });
      pending.delete(job);
      size += results.length;
    }
    return batch;
  }

  function putBack(batch: ReturnType<typeof nextBatch>): void {
    for (const { job, results, upTo } of batch) {
      const since = pending.get(job);
      pending.set(job, { results: [...results, ...(since?.results ?? [])], upTo: Math.max(upTo, since?.upTo ?? 0) });
    }
  }

  function tell(job: number, lines: number): void {
    for (const listener of listeners) listener({ job, lines });
    const last = told.get(job);
    const now = clock.monotonic();
    if (last?.waiting) return;
    const wait = last ? Math.max(0, last.at + noticeEveryMs - now) : 0;
    const entry = { at: now + wait, waiting: true };
    told.set(job, entry);
    // other server processes hear of it, too, but not of every line
    clock
      .sleep(wait, { signal: stop.signal })
      .then(async () => {
        entry.waiting = false;
        const count = await logs.count(job);
        await store.notify(store.knex, channels.logs, JSON.stringify({ job, lines: count } satisfies LogNotice));
      })
      .catch(() => {});
  }

  return {
    async append(job, from, body, count) {
      await catchUp(job);
      const { next, added } = await logs.append(job, { from, count, body });
      if (added.count > 0) {
        take(job, added.from, added.body, added.from + added.count);
        tell(job, next);
      }
      return { next };
    },
    async settle(job) {
      await catchUp(job);
      while (pending.has(job) || flushing) await flush();
      caughtUp.delete(job);
      told.delete(job);
    },
    onGrown(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async [Symbol.asyncDispose]() {
      await flushing?.catch(() => {});
      stop.abort(new Error("the log intake stops"));
    },
  };
}
