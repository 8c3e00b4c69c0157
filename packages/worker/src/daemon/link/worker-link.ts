import { type Clock, type DaemonLog, systemClock, type WorkerMessage } from "@basalt/core";
import { openWorkerSocket, type WorkerEncryption } from "@basalt/link";
import type { JobBook } from "../job-book-types.js";
import { makeOrders } from "./orders.js";
import { makeUploader } from "./uploader.js";

export interface WorkerLinkOptions {
  /** `tcp://host:5556` */
  readonly server: string;
  readonly name: string;
  readonly version: string;
  readonly encryption?: WorkerEncryption;
  readonly book: JobBook;
  readonly log: DaemonLog;
  readonly clock?: Clock;
  /** For the waits between tries; Math.random if absent. */
  readonly random?: () => number;
}

/** Answers that may wait for the network; the server asks again for those that are left out. */
const mostAnswers = 10_000;

/**
 * Drives a job book by what the server says, and brings its logs and ends to the server. The book is never waited for
 * by the link, nor the link by the book.
 */
export function openWorkerLink(options: WorkerLinkOptions): AsyncDisposable {
  const { book, log, clock = systemClock } = options;
  const answers = new Map<string, WorkerMessage>();
  const stop = new AbortController();
  let wakeUp = (): void => {};
  const wake = (): void => wakeUp();

  const uploader = makeUploader({ book, log, clock, wake, send: (message) => socket.send(message) });
  const obey = makeOrders({
    book,
    log,
    answer(message) {
      if (answers.size >= mostAnswers) return;
      answers.set(`${message.type} ${message.job}`, message);
      wake();
    },
    end: uploader.endAgain,
    forgotten: uploader.forgotten,
  });
  const socket = openWorkerSocket({
    ...options,
    clock,
    handlers: {
      jobs: () => book.list().map(({ job }) => job),
      up: uploader.begin,
      down: uploader.interrupt,
      message(message) {
        if (message.type === "LOG_OK") uploader.acknowledged(message.job, message.next);
        else obey(message);
      },
      revoked() {
        for (const { job, ended } of book.list()) if (!ended) book.cancel(job);
      },
    },
  });

  /** Answers first, then logs and ends. */
  const step = async (): Promise<boolean> => {
    if (!socket.isUp) return false;
    const [answer] = answers;
    if (!answer) return uploader.step();
    answers.delete(answer[0]);
    if (!(await socket.send(answer[1]))) answers.set(...answer);
    return true;
  };
  const run = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        wakeUp = resolve;
      });
      if (!(await step())) await woken;
    }
  };
  const repeat = async (): Promise<void> => {
    for (;;) {
      try {
        await clock.sleep(socket.interval * 1_000, { signal: stop.signal });
      } catch {
        return;
      }
      uploader.repeat(socket.interval * 1_000);
    }
  };

  const off = book.on(({ job }) => uploader.changed(job));
  const running = Promise.all([run(), repeat()]);
  return {
    async [Symbol.asyncDispose]() {
      off();
      stop.abort();
      await socket[Symbol.asyncDispose]();
      wake();
      await running;
    },
  };
}
