import { type Clock, type DaemonLog, systemClock, type WorkerMessage, wireLimits } from "@basalt/core";
import { openWorkerSocket, type WorkerEncryption } from "@basalt/link";
import type { JobBook, LogPart } from "../job-book-types.js";
import { endMessage, makeOrders } from "./orders.js";
import { makeSendWindow } from "./send-window.js";
import { makeUpload, type Upload } from "./upload.js";

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

/** LOGs of one job that may be under way. */
const mostInFlight = 8;
/** While a LOG is under way, the next waits for so many lines, or for the answer. */
const worthSending = 250;
/** An answer that is missing for so long was lost, or dropped by a busy server. */
const stallMs = 15_000;
const mostAnswers = 10_000;
const largestBody = wireLimits.messageBytes - wireLimits.headerBytes;

interface JobState {
  readonly upload: Upload;
  endSentAt: number | undefined;
}

const tooLong = (bytes: number): LogPart => ({
  count: 1,
  lines: Buffer.from(
    `- ${JSON.stringify({ dt: new Date(0).toISOString(), lvl: "warning", msg: `a line of ${bytes} bytes was left out: it is too long for the link` })}\n`,
  ),
});

/**
 * Drives a job book by what the server says, and brings its logs and ends to the server: at least once, in order, from
 * the line the server asks for. The book is never waited for by the link, nor the link by the book.
 */
export function openWorkerLink(options: WorkerLinkOptions): AsyncDisposable {
  const { book, log, clock = systemClock } = options;
  const jobs = new Map<number, JobState>();
  /** Jobs that may have something to send, in the order they take turns. */
  const turns = new Set<number>();
  /** Jobs that had lines to send and no room in the window. */
  const crowdedOut = new Set<number>();
  const answers = new Map<string, WorkerMessage>();
  const window = makeSendWindow();
  const stop = new AbortController();
  let session = 0;
  let wake = (): void => {};

  const stateOf = (job: number): JobState => {
    const known = jobs.get(job);
    if (known) return known;
    const state: JobState = { upload: makeUpload(), endSentAt: undefined };
    jobs.set(job, state);
    return state;
  };
  const takeTurn = (job: number): void => {
    turns.add(job);
    wake();
  };

  const obey = makeOrders({
    book,
    log,
    answer(message) {
      if (answers.size >= mostAnswers) return; // the server asks again
      answers.set(`${message.type} ${message.job}`, message);
      wake();
    },
    end(job) {
      stateOf(job).endSentAt = undefined;
      takeTurn(job);
    },
    forgotten: (job) => void jobs.delete(job),
  });

  const socket = openWorkerSocket({
    ...options,
    clock,
    handlers: {
      jobs: () => book.list().map(({ job }) => job),
      up() {
        session++;
        for (const { job } of book.list()) {
          const state = stateOf(job);
          state.upload.restart();
          state.endSentAt = undefined;
          turns.add(job);
        }
        wake();
      },
      down() {
        session++;
      },
      message(message) {
        if (message.type !== "LOG_OK") return obey(message);
        const state = jobs.get(message.job);
        if (!state) return;
        const { latencyMs } = state.upload.acknowledge(message.next, clock.monotonic());
        if (latencyMs !== undefined) window.answered(latencyMs);
        for (const job of crowdedOut) turns.add(job);
        crowdedOut.clear();
        takeTurn(message.job);
      },
      revoked() {
        for (const { job, ended } of book.list()) if (!ended) book.cancel(job);
      },
    },
  });

  const bytesInFlight = (): number => {
    let total = 0;
    for (const { upload } of jobs.values()) total += upload.bytesInFlight;
    return total;
  };

  const sendPart = async (job: number, upload: Upload): Promise<void> => {
    const from = upload.sent;
    const current = session;
    let part = await book.read(job, from, { maxLines: wireLimits.logLines, maxBytes: window.partBytes });
    if (current !== session || upload.sent !== from || part.count === 0) return;
    if (part.lines.length > largestBody) part = tooLong(part.lines.length);
    upload.sentPart({ count: part.count, bytes: part.lines.length, now: clock.monotonic() });
    turns.add(job);
    await socket.send({ type: "LOG", job, from, count: part.count, body: part.lines });
  };

  const sendEnd = async (job: number, state: JobState): Promise<void> => {
    const end = book.ended(job);
    if (!end || state.endSentAt !== undefined) return;
    state.endSentAt = clock.monotonic();
    const text = await book.description(job);
    await socket.send(endMessage(job, end, Buffer.byteLength(text) > largestBody ? "" : text));
  };

  /** The next thing a job has to send, if any. */
  const serve = async (job: number): Promise<void> => {
    const isEnded = book.ended(job) !== undefined;
    const lines = book.lineCount(job);
    if (lines === 0 && !isEnded) return;
    const state = stateOf(job);
    const { upload } = state;
    if (!upload.isSynced) {
      if (upload.isProbing) return;
      upload.probed(clock.monotonic());
      await socket.send({ type: "LOG", job, from: upload.acked, count: 0, body: new Uint8Array(0) });
    } else if (upload.sent < lines) {
      const waits = upload.inFlight > 0 && lines - upload.sent < worthSending;
      if (waits || upload.inFlight >= mostInFlight) return; // its own answers wake it
      const underWay = bytesInFlight();
      if (underWay > 0 && underWay >= window.bytes) crowdedOut.add(job);
      else await sendPart(job, upload);
    } else if (isEnded && upload.acked >= lines) await sendEnd(job, state);
  };

  const step = async (): Promise<boolean> => {
    if (!socket.isUp) return false;
    const [answer] = answers;
    if (answer) {
      answers.delete(answer[0]);
      if (!(await socket.send(answer[1]))) answers.set(...answer);
      return true;
    }
    const [job] = turns;
    if (job === undefined) return false;
    turns.delete(job);
    try {
      await serve(job);
    } catch (error) {
      log.error(`the log of job ${job} could not be sent: ${(error as Error).message}`, { job });
    }
    return true;
  };

  const run = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      if (!(await step())) await woken;
    }
  };

  /** What was lost on the way is sent again: END each interval, logs when an answer is missing. */
  const repeat = async (): Promise<void> => {
    for (;;) {
      try {
        await clock.sleep(socket.interval * 1_000, { signal: stop.signal });
      } catch {
        return;
      }
      const now = clock.monotonic();
      for (const [job, state] of jobs) {
        const { waitingSince } = state.upload;
        if (waitingSince !== undefined && now - waitingSince >= stallMs) state.upload.restart();
        if (state.endSentAt !== undefined && now - state.endSentAt >= socket.interval * 1_000)
          state.endSentAt = undefined;
        turns.add(job);
      }
      wake();
    }
  };

  const off = book.on(({ job }) => takeTurn(job));
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
