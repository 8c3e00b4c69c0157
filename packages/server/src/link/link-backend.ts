import type { StartBody, WorkerMessageOf } from "@basalt/core";
import type { GreetAnswer } from "@basalt/link";

/** All a worker needs to start a job. */
export interface StartOrder extends StartBody {
  readonly job: number;
  /** The job's compatibility number, as this server's strategies give it. */
  readonly compatibility: number;
  /** This server's version. */
  readonly version: string;
}

/** What the database says about a worker's jobs. */
export interface WorkerJobs {
  /** Scheduled: START is sent until START_OK comes. */
  readonly start: readonly StartOrder[];
  /** Canceling: CANCEL is sent until END comes. */
  readonly cancel: readonly number[];
  /** Running: asked for by STATUS where the worker does not say that it knows the job. */
  readonly running: readonly number[];
  /** Scheduled, on a device that a job which was given up may still have in its hands there: not started before that one ends. */
  readonly held: readonly number[];
}

/**
 * Whose a job is, seen from one worker: `own` and not finished; `late`: its own, ended here without it (given up, failed by an admin), with the
 * rest of its log still to come; `over`: finished with its whole log, or no such job; `foreign`: another worker's.
 */
export type JobBelongs = "own" | "late" | "over" | "foreign";

/** Lines of a job's log, as LOG carries them. */
export interface LogLines {
  readonly job: number;
  readonly worker: string;
  /** 0-based number of the first line. */
  readonly from: number;
  /** `count` lines, each ended by a line feed. */
  readonly body: Uint8Array;
  readonly count: number;
}

/**
 * What the link needs of the rest of the server. All of it may be called again for the same thing: workers repeat what was not
 * answered. A promise that rejects means "not now": nothing is acknowledged, the worker comes again.
 */
export interface LinkBackend {
  /** Whether a worker may work here; its key is proven where keys are used. */
  workerHello(name: string, version: string, session: string): Promise<GreetAnswer>;
  /** It said something: at most every two seconds. */
  workerSeen(name: string): void;
  /** It said goodbye, or nothing for a minute. Its jobs go on. */
  workerGone(name: string, session: string): Promise<void>;
  /** Its key was removed, whether or not it is connected: its jobs are over. */
  workerRevoked(name: string): Promise<void>;
  /** `has`: jobs that the worker has by its own words, also those that are over here. Of others that are over nothing more will come. */
  jobsFor(name: string, has: readonly number[]): Promise<WorkerJobs>;
  /** Whose these jobs are; `over` for those that are left out. */
  belongs(name: string, jobs: readonly number[]): Promise<ReadonlyMap<number, JobBelongs>>;
  started(job: number, worker: string): Promise<void>;
  startRefused(job: number, worker: string, error: WorkerMessageOf<"START_NO">["error"]): Promise<void>;
  /** The job ended and its whole log is stored. Resolves when it is in the database. A late one has its log whole by that, and stays as it ended. */
  ended(job: number, worker: string, end: WorkerMessageOf<"END">): Promise<void>;
  /**
   * Stores lines; resolves once they are safe on disk with the number of lines stored (`next`). Lines it has are skipped, lines
   * behind a gap are left out. `count` 0 stores nothing and tells `next`. Called for one job at a time in order, for several at once.
   */
  appendLog(lines: LogLines): Promise<{ readonly next: number }>;
}
