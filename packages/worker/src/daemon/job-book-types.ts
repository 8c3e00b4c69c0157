import type { StartBody } from "@basalt/core";

/** A job that the worker has on its disk. */
export interface KnownJob {
  readonly job: number;
  /** Its process has ended; what it left waits for the server. */
  readonly ended: boolean;
}

/** What the server sends with START. */
export interface StartOrder extends StartBody {
  readonly job: number;
  /** The job's compatibility number as the server's strategies give it. */
  readonly compatibility: number;
  /** The server's version, for the message when the numbers differ. */
  readonly version: string;
}

/** How a job ended, for END. */
export interface EndRecord {
  readonly result: "pass" | "fail";
  /** LAVA's name of the error kind ("Infrastructure", "Job"...). */
  readonly errorType?: string;
  readonly errorCode?: string;
  readonly errorMessage?: string;
  /** Lines of output.yaml in all: END waits until the server has them. */
  readonly lines: number;
}

/** Something about a job changed: it wrote lines, or it ended. */
export interface JobChange {
  readonly job: number;
  readonly kind: "lines" | "ended";
}

/** A part of output.yaml: whole lines, each ended by a line feed. */
export interface LogPart {
  readonly lines: Uint8Array;
  readonly count: number;
}

/** All jobs of this worker: their processes, their journals, what is left of those that ended. It outlives the link and the daemon. */
export interface JobBook {
  list(): readonly KnownJob[];
  /** Starts the job's process; does nothing if the job is known. @throws BasaltError when it can't be started here. */
  start(order: StartOrder): Promise<void>;
  /** Does nothing for a job that is unknown or has ended. */
  cancel(job: number): void;
  /** Removes what is left of a job that ended. */
  forget(job: number): Promise<void>;
  /** Lines from `from` (0-based) on, as far as the limits go; a single line may be longer than `maxBytes`. `count` 0 where there are none yet. */
  read(job: number, from: number, limits: { readonly maxLines: number; readonly maxBytes: number }): Promise<LogPart>;
  /** Lines on disk so far. */
  lineCount(job: number): number;
  /** How it ended; undefined while it runs, or if it is unknown. */
  ended(job: number): EndRecord | undefined;
  /** Text of description.yaml, "" if there is none. */
  description(job: number): Promise<string>;
  /** Calls back for each change. Gives a way to stop. */
  on(listener: (change: JobChange) => void): () => void;
  /** Takes up what an earlier daemon left: running processes, ended jobs. */
  recover(): Promise<void>;
  /** Lets go of everything; jobs go on. */
  close(): Promise<void>;
}
