import { type Clock, type DaemonLog, type JsonObject, type ServerMessage, wireLimits } from "@basalt/core";
import type { LinkSession, SessionMessage } from "@basalt/link";
import type { JobBelongs, LinkBackend, StartOrder } from "./link-backend.js";
import type { LogLanes } from "./log-lanes.js";

export interface WorkerDeskOptions {
  readonly session: LinkSession;
  readonly backend: LinkBackend;
  readonly lanes: LogLanes;
  readonly log: DaemonLog;
  readonly clock: Pick<Clock, "monotonic">;
  readonly send: (message: ServerMessage) => boolean;
  /** Says once what this worker does wrong. */
  readonly complain: (key: string, message: string, fields?: JsonObject) => void;
}

/** START and CANCEL that were sent just now are not sent again by every change in the database. */
const repeatAfterMs = 10_000;
/** Messages about one job, and about all, that may wait for the database. */
const mostWaiting = 32;
const mostWaitingInAll = 2_000;
const mostCached = 10_000;
const largestBody = wireLimits.messageBytes - wireLimits.headerBytes;

interface Turns {
  readonly tail: Promise<void>;
  readonly waiting: number;
}

/** One session with a worker: what it says goes to the backend, what the database wants goes to it. */
export interface WorkerDesk {
  message(message: SessionMessage): void;
  /** Something may have changed for this worker: sends what is due. */
  look(): void;
  /** When nothing is under way any more. */
  idle(): Promise<void>;
  close(): void;
}

export function makeWorkerDesk(options: WorkerDeskOptions): WorkerDesk {
  const { session, backend, lanes, log, clock, send, complain } = options;
  const worker = session.name;
  /** Jobs that the worker has, by its own words. */
  const known = new Set(session.jobs);
  let belongs = new Map<number, JobBelongs>();
  const sentAt = new Map<string, number>();
  const turns = new Map<number, Turns>();
  let isClosed = false;
  /** Jobs wait for the end of others on the worker. */
  let holds = false;

  const sendAgain = (message: Extract<ServerMessage, { readonly job: number }>): void => {
    const key = `${message.type} ${message.job}`;
    const now = clock.monotonic();
    if (now - (sentAt.get(key) ?? Number.NEGATIVE_INFINITY) < repeatAfterMs) return;
    if (send(message)) sentAt.set(key, now);
  };

  const whose = async (job: number): Promise<JobBelongs> => {
    const cached = belongs.get(job);
    if (cached) return cached;
    const found = (await backend.belongs(worker, [job])).get(job) ?? "over";
    // what is late is over as soon as its log is packed, whoever does that
    if (found === "late") return found;
    if (belongs.size >= mostCached) belongs.clear();
    belongs.set(job, found);
    return found;
  };

  const sendStart = async ({ job, compatibility, version, ...body }: StartOrder): Promise<void> => {
    // JSON makes at most six bytes of a UTF-16 unit
    const texts = Object.values(body).reduce((sum, text) => sum + text.length, 0);
    if (texts > largestBody / 6 && Buffer.byteLength(JSON.stringify(body)) > largestBody)
      await backend.startRefused(job, worker, {
        type: "Job",
        code: "ERR_JOB_TOO_LONG",
        message: `job and device have ${texts} characters, more than a worker can be sent (${largestBody} bytes)`,
      });
    else sendAgain({ type: "START", job, compatibility, version, body });
  };

  const pass = async (): Promise<void> => {
    const { start, cancel, running, held } = await backend.jobsFor(worker, [...known]);
    if (isClosed) return;
    holds = held.length > 0;
    const own = new Set([...start.map(({ job }) => job), ...cancel, ...running, ...held]);
    belongs = new Map([...own].map((job) => [job, "own"]));
    for (const order of start) await sendStart(order);
    for (const job of cancel) sendAgain({ type: "CANCEL", job });
    for (const job of running) if (!known.has(job)) sendAgain({ type: "STATUS", job });
    const strange = [...known].filter((job) => !own.has(job));
    const owners = strange.length > 0 ? await backend.belongs(worker, strange) : undefined;
    for (const job of strange) {
      const owner = owners?.get(job) ?? "over";
      if (owner !== "late") belongs.set(job, owner);
      // it ends, says END and is told to forget; one that said END meanwhile was told so
      if (owner !== "foreign" && known.has(job) && !isClosed) sendAgain({ type: "CANCEL", job });
    }
    const due = clock.monotonic() - repeatAfterMs;
    for (const [key, at] of sentAt) if (at < due) sentAt.delete(key);
  };

  let looking: Promise<void> | undefined;
  let again = false;
  const look = async (): Promise<void> => {
    do {
      again = false;
      try {
        await pass();
      } catch (error) {
        complain(`look ${worker}`, `jobs of worker ${worker} could not be looked up: ${(error as Error).message}`, {
          worker,
        });
      }
    } while (again && !isClosed);
    looking = undefined;
  };
  const ask = (): void => {
    if (isClosed) return;
    again = true;
    looking ??= look();
  };

  const end = async (message: Extract<SessionMessage, { type: "END" }>, owner: JobBelongs): Promise<void> => {
    const { job, lines } = message;
    if (owner !== "over") {
      const { next } = await backend.appendLog({ job, worker, from: lines, body: new Uint8Array(0), count: 0 });
      if (next < lines) {
        send({ type: "LOG_OK", job, next }); // the worker goes back to it
        return;
      }
      await backend.ended(job, worker, message);
      log.info(`job ${job} ended on ${worker}`, { job, worker, result: message.result, lines });
    }
    belongs.set(job, "over");
    known.delete(job);
    if (holds || looking) ask();
    send({ type: "END_OK", job });
  };

  const handle = async (message: SessionMessage): Promise<void> => {
    const { job, type } = message;
    const owner = await whose(job);
    if (owner === "foreign") {
      complain(
        `foreign ${worker} ${job}`,
        `worker ${worker} sent ${type} of job ${job}, which is another worker's: dropped`,
        { worker, job },
      );
      return;
    }
    switch (type) {
      case "LOG":
        if (owner === "over") send({ type: "LOG_OK", job, next: message.from + message.count });
        else takeLog(message);
        return;
      case "END":
        await end(message, owner);
        return;
      case "START_OK":
        known.add(job);
        if (owner !== "own") sendAgain({ type: "CANCEL", job });
        else await backend.started(job, worker);
        return;
      case "START_NO":
        sentAt.delete(`START ${job}`); // it may be scheduled here again
        if (owner !== "over") await backend.startRefused(job, worker, message.error);
    }
  };

  const takeLog = ({ job, from, count, body }: Extract<SessionMessage, { type: "LOG" }>): void => {
    if (!lanes.push({ job, worker, from, count, body }))
      complain(
        `logs ${worker}`,
        `worker ${worker} sends logs faster than they can be stored: some have to come again`,
        { worker },
      );
  };

  /** Messages about one job are handled in the order they came. */
  const inTurn = (message: SessionMessage) => {
    const { job, type } = message;
    const before = turns.get(job) ?? { tail: Promise.resolve(), waiting: 0 };
    if (before.waiting >= mostWaiting || turns.size >= mostWaitingInAll)
      return complain(
        `turns ${worker}`,
        `worker ${worker} sends more about jobs than the database takes: some is dropped`,
        { worker },
      );
    const tail = before.tail
      .then(() => handle(message))
      .catch((error: Error) =>
        complain(
          `${type} ${worker} ${error.message}`,
          `${type} of job ${job} from ${worker} failed: ${error.message}`,
          { worker, job },
        ),
      )
      .then(() => {
        const { waiting = 1 } = turns.get(job) ?? {};
        if (waiting <= 1) turns.delete(job);
        else turns.set(job, { tail: turns.get(job)?.tail ?? tail, waiting: waiting - 1 });
      });
    turns.set(job, { tail, waiting: before.waiting + 1 });
  };

  return {
    message(message) {
      if (message.type === "LOG" && belongs.get(message.job) === "own" && !turns.has(message.job)) takeLog(message);
      else inTurn(message);
    },
    look: ask,
    async idle() {
      await Promise.all([looking, ...[...turns.values()].map(({ tail }) => tail)]);
    },
    close() {
      isClosed = true;
    },
  };
}
