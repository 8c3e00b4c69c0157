import { type Clock, type DaemonLog, type WorkerMessage, wireLimits } from "@basalt/core";
import type { JobBook, LogPart } from "../job-book-types.js";
import { endMessage } from "./orders.js";
import { makeSendWindow } from "./send-window.js";
import { makeUpload, type Upload } from "./upload.js";

export interface UploaderOptions {
  readonly book: JobBook;
  readonly log: DaemonLog;
  readonly clock: Pick<Clock, "monotonic">;
  /** Waits until the network took it. */
  readonly send: (message: WorkerMessage) => Promise<boolean>;
  /** There may be something to do for {@link Uploader.step}. */
  readonly wake: () => void;
}

/** Brings logs and ends of all jobs to the server, in turns: at least once, in order, from the line the server asks for. */
export interface Uploader {
  /** A session begins: nothing sent in an earlier one counts. */
  begin(): void;
  /** The session is over: what is being read for it is not sent. */
  interrupt(): void;
  /** The job wrote lines, or ended. */
  changed(job: number): void;
  /** The server has the job's lines up to `next`. */
  acknowledged(job: number, next: number): void;
  /** The server asks how the job ended. */
  endAgain(job: number): void;
  forgotten(job: number): void;
  /** Sends the next thing, if there is one. */
  step(): Promise<boolean>;
  /** What was lost on the way is sent again: ENDs after an interval, logs when an answer is missing for long. */
  repeat(intervalMs: number): void;
}

/** LOGs of one job that may be under way. */
const mostInFlight = 8;
/** While a LOG is under way, the next waits for so many lines, or for the answer. */
const worthSending = 250;
/** An answer that is missing for so long was lost, or its LOG dropped by a busy server. */
const stallMs = 15_000;
const largestBody = wireLimits.messageBytes - wireLimits.headerBytes;

interface JobState {
  readonly upload: Upload;
  endSentAt: number | undefined;
}

/** A line no message can carry would hold the log up for ever. */
const tooLong = (bytes: number): LogPart => {
  const msg = `a line of ${bytes} bytes was left out: it is too long for the link`;
  const record = { dt: new Date(0).toISOString(), lvl: "warning", msg };
  return { count: 1, lines: Buffer.from(`- ${JSON.stringify(record)}\n`) };
};

export function makeUploader({ book, log, clock, send, wake }: UploaderOptions): Uploader {
  const jobs = new Map<number, JobState>();
  /** Jobs that may have something to send, in the order they take turns. */
  const turns = new Set<number>();
  /** Jobs that had lines to send and no room in the window. */
  const crowdedOut = new Set<number>();
  const window = makeSendWindow();
  let session = 0;

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
    await send({ type: "LOG", job, from, count: part.count, body: part.lines });
  };

  const sendLines = async (job: number, upload: Upload): Promise<void> => {
    const waits = upload.inFlight > 0 && book.lineCount(job) - upload.sent < worthSending;
    if (waits || upload.inFlight >= mostInFlight) return; // its own answers wake it
    const underWay = bytesInFlight();
    if (underWay > 0 && underWay >= window.bytes) crowdedOut.add(job);
    else await sendPart(job, upload);
  };

  const sendEnd = async (job: number, state: JobState): Promise<void> => {
    const end = book.ended(job);
    if (!end || state.endSentAt !== undefined) return;
    state.endSentAt = clock.monotonic();
    const text = await book.description(job);
    await send(endMessage(job, end, Buffer.byteLength(text) > largestBody ? "" : text));
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
      await send({ type: "LOG", job, from: upload.acked, count: 0, body: new Uint8Array(0) });
    } else if (upload.sent < lines) await sendLines(job, upload);
    else if (isEnded && upload.acked >= lines) await sendEnd(job, state);
  };

  return {
    begin() {
      session++;
      for (const { job } of book.list()) {
        const state = stateOf(job);
        state.upload.restart();
        state.endSentAt = undefined;
        turns.add(job);
      }
      wake();
    },
    interrupt() {
      session++;
    },
    changed: takeTurn,
    acknowledged(job, next) {
      const state = jobs.get(job);
      if (!state) return;
      const { latencyMs } = state.upload.acknowledge(next, clock.monotonic());
      if (latencyMs !== undefined) window.answered(latencyMs);
      for (const other of crowdedOut) turns.add(other);
      crowdedOut.clear();
      takeTurn(job);
    },
    endAgain(job) {
      stateOf(job).endSentAt = undefined;
      takeTurn(job);
    },
    forgotten: (job) => void jobs.delete(job),
    async step() {
      const [job] = turns;
      if (job === undefined) return false;
      turns.delete(job);
      try {
        await serve(job);
      } catch (error) {
        log.error(`the log of job ${job} could not be sent: ${(error as Error).message}`, { job });
      }
      return true;
    },
    repeat(intervalMs) {
      const now = clock.monotonic();
      for (const [job, state] of jobs) {
        const { waitingSince } = state.upload;
        if (waitingSince !== undefined && now - waitingSince >= stallMs) state.upload.restart();
        if (state.endSentAt !== undefined && now - state.endSentAt >= intervalMs) state.endSentAt = undefined;
        turns.add(job);
      }
      wake();
    },
  };
}
