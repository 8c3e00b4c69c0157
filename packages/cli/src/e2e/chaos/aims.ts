/** What may be killed; `server` with the PostgreSQL it keeps. */
export type Victim = "server" | "worker" | "job" | "rescue" | "postgres";

/** A moment at which a kill hurts most. */
export interface Aim {
  /** A message of this type passes the line... */
  readonly type: string;
  /** ...and, where this is given, the job's folder on the worker then gets a file of this name... */
  readonly file?: string;
  /** ...so many milliseconds ago at most. */
  readonly afterMs: number;
  /** Whether the other side may not get the message, as when the line breaks in that moment. */
  readonly mayBeLost: boolean;
}

const aim = (type: string, afterMs: number, mayBeLost = false): Aim => ({ type, afterMs, mayBeLost });

/** Where each of them is between two steps that belong together. */
export const aims: Readonly<Record<Victim, readonly Aim[]>> = {
  server: [
    aim("LOG", 15), // lines on disk, results not in the tables, neither acknowledged
    aim("LOG_OK", 0, true),
    aim("START_OK", 20),
    aim("END", 30), // the end is in the tables, the log not packed, nothing said to the worker
    aim("END", 30),
    aim("END_OK", 3, true),
  ],
  worker: [
    aim("START", 50), // a folder is there, and no process
    { ...aim("START", 200), file: "process.out" }, // a process is there that has not said so
    { ...aim("START", 200), file: "process.out" },
    aim("LOG", 5),
    aim("END", 5, true),
    aim("END_OK", 10), // half forgotten
    aim("CANCEL", 20),
  ],
  job: [{ ...aim("START", 300), file: "pid.json" }, aim("CANCEL", 30), aim("LOG", 10)],
  rescue: [],
  postgres: [aim("START", 20), aim("START_OK", 20), aim("LOG", 10), aim("END", 20)],
};
