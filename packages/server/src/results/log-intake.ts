import { setMaxListeners } from "node:events";
import { type Clock, type DaemonLog, infrastructureError } from "@basalt/core";
import { channels, type LogNotice } from "../jobs/channels.js";
import type { LogStore } from "../logs/index.js";
import type { Store } from "../store/store.js";
import { parseResult, type ResultLine, resultLines } from "./parse-result.js";
import { makeResultsQueue, type ResultsOfJob } from "./results-queue.js";

export interface LogIntakeOptions {
  readonly store: Store;
  readonly logs: LogStore;
  readonly clock: Clock;
  readonly log: DaemonLog;
}

/** Takes log lines from workers: to disk first, then their results to the tables. */
export interface LogIntake extends AsyncDisposable {
  /**
   * Resolves when the lines are on disk for good. `next` is the line to send next. Waits while the tables are far behind: the worker
   * keeps what it was not told is stored.
   */
  append(job: number, from: number, body: Buffer, count: number): Promise<{ readonly next: number }>;
  /** Resolves when the results of all lines that are stored are in the tables. */
  settle(job: number): Promise<void>;
  /** Hears, at once, that a job's log grew. */
  onGrown(listener: (notice: LogNotice) => void): () => void;
  /** The server stops: results that the database does not take now are read from the logs when one starts again. */
  hurry(): void;
}

/** A job's log, as far as it was looked through. */
interface Reader {
  readonly results: ResultsOfJob;
  /** Its lines are looked through one after another. */
  turn: Promise<void>;
}

const linesAtOnce = 10_000;
const bytesAtOnce = 4 * 1024 * 1024;
const noticeEveryMs = 200;

/** See {@link LogIntake}. */
export function makeLogIntake({ store, logs, clock, log }: LogIntakeOptions): LogIntake {
  const readers = new Map<number, Promise<Reader>>();
  const listeners = new Set<(notice: LogNotice) => void>();
  const told = new Map<number, { at: number; waiting: boolean }>();
  const stop = new AbortController();
  // one for each log that grows
  setMaxListeners(0, stop.signal);
  const queue = makeResultsQueue({ store, clock, log });

  function readerOf(job: number): Promise<Reader> {
    let reader = readers.get(job);
    if (!reader) {
      reader = openReader(job);
      reader.catch(() => readers.delete(job));
      readers.set(job, reader);
    }
    return reader;
  }

  /** After a restart, lines whose results did not reach the tables are looked through again. */
  async function openReader(job: number): Promise<Reader> {
    const row = await store.knex("jobs").where({ id: job }).first("log_lines");
    const looked: number = row?.log_lines ?? 0;
    return { results: { job, results: [], looked, written: looked }, turn: Promise.resolve() };
  }

  /** Looks through the lines up to `next`: those that came just now from memory, others from the log. */
  function lookThrough(
    reader: Reader,
    next: number,
    fresh?: { readonly from: number; readonly count: number; readonly body: Buffer },
  ): Promise<void> {
    const { results } = reader;
    const take = (body: Buffer, upTo: number): void => {
      for (const line of resultLines(body, results.looked)) {
        const result: ResultLine | undefined = parseResult(line);
        if (result) results.results.push(result);
      }
      results.looked = upTo;
      // lines without results are written down with the next ones that have some, or when the job settles
      if (results.results.length > 0) queue.push(results);
    };
    const work = reader.turn.then(async () => {
      if (fresh && fresh.count > 0 && fresh.from === results.looked && fresh.from + fresh.count <= next)
        take(fresh.body, fresh.from + fresh.count);
      while (results.looked < next) {
        const end = Math.min(results.looked + linesAtOnce, next);
        const page = await logs.page(results.job, { start: results.looked, end, bytes: bytesAtOnce });
        if (page.next <= results.looked)
          throw infrastructureError(
            "ERR_LOG_STORE",
            `the log of job ${results.job} ends at line ${page.next}, and had ${next} lines: its file was cut or taken away`,
          );
        take(page.text, page.next);
      }
    });
    reader.turn = work.catch(() => {});
    return work;
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
      const reader = await readerOf(job);
      const { next, added } = await logs.append(job, { from, count, body });
      await lookThrough(reader, next, added);
      if (added.count > 0) tell(job, next);
      await queue.room();
      return { next };
    },
    async settle(job) {
      const reader = await readerOf(job);
      await lookThrough(reader, await logs.count(job));
      await queue.written(reader.results);
      readers.delete(job);
      told.delete(job);
    },
    onGrown(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    hurry: () => queue.hurry(),
    async [Symbol.asyncDispose]() {
      stop.abort(new Error("the log intake stops"));
      await queue[Symbol.asyncDispose]();
    },
  };
}
