import type { BasaltError, JsonObject } from "@basalt/core";
import type { JobRow, LogEntryRow } from "../../store/rows.js";
import type { Submitted } from "../../submit/submit-job.js";
import type { Asker, ListQuery, Page } from "./asking.js";

/** A job's number, or `12.1` of a MultiNode group. */
export type JobId = number | string;

/** A job as people see it: the row, with names where the row has ids. */
export interface JobView
  extends Omit<JobRow, "submitter" | "log_server" | "device_config" | "is_public" | "log_lines" | "log_sealed"> {
  /** `12`, or `12.1`. */
  readonly public_id: string;
  readonly submitter: string;
  readonly visibility: "Public" | "Personal" | `Group (${string})`;
  readonly viewing_groups: readonly { readonly id: number; readonly name: string }[];
  readonly failure_tags: readonly string[];
  readonly log_lines: number;
  /** Other members of its MultiNode group. */
  readonly group: readonly {
    readonly id: number;
    readonly public_id: string;
    readonly role: string | null;
    readonly state: string;
    readonly health: string;
  }[];
}

/** Lines of a log, from 0. */
export interface LogRange {
  readonly start?: number;
  readonly end?: number;
  /** No more than these in one answer, but one line at least; 4 MiB if absent, which is the most. */
  readonly bytes?: number;
  /** Where they are too much: the last lines instead of the first. */
  readonly last?: boolean;
}

export interface LogPart {
  /** Nothing will be added. */
  readonly finished: boolean;
  /** Lines there are. */
  readonly count: number;
  /** First line of `text`, and the one after its last. */
  readonly start: number;
  readonly next: number;
  /** Whole lines of `- {json}`, each ended by a line feed. */
  readonly text: Buffer;
}

/** What is wrong with a definition; `ok` with warnings otherwise. */
export type Verdict =
  | { readonly ok: true; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly error: BasaltError };

export interface JobService {
  submit(asker: Asker, text: string): Promise<Submitted>;
  resubmit(asker: Asker, id: JobId): Promise<Submitted>;
  validate(asker: Asker, text: string, options: { readonly strict: boolean }): Promise<Verdict>;
  list(asker: Asker, query: ListQuery): Promise<Page<JobView>>;
  get(asker: Asker, id: JobId): Promise<JobView>;
  /** False where it had ended already. */
  cancel(asker: Asker, id: JobId, reason?: string): Promise<boolean>;
  /** Superusers; a job in Canceling that nobody will end. */
  fail(asker: Asker, id: JobId, reason: string): Promise<boolean>;
  setPriority(asker: Asker, id: JobId, priority: number): Promise<void>;
  annotate(
    asker: Asker,
    id: JobId,
    note: { readonly comment?: string; readonly tags?: readonly string[] },
  ): Promise<void>;
  /** Lines [start, end), as many as one answer holds: whoever wants all goes on at `next`. Constant time whatever the log's length. */
  log(asker: Asker, id: JobId, range: LogRange): Promise<LogPart>;
  /** The plan: of the worker's description once there, else as the server plans it for the device it asks for; the same shape (spec: description.yaml's `pipeline`). */
  plan(asker: Asker, id: JobId): Promise<readonly JsonObject[]>;
  /** What was sent to the worker: definition, device, dispatcher, env, env-dut; undefined where it has not begun. */
  configuration(
    asker: Asker,
    id: JobId,
  ): Promise<
    | {
        readonly definition: string;
        readonly device: string;
        readonly dispatcher: string;
        readonly env: string;
        readonly envDut: string;
      }
    | undefined
  >;
  history(asker: Asker, id: JobId): Promise<readonly LogEntryRow[]>;
}
