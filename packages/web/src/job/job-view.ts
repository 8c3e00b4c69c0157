import type { LogLine } from "../log/log-rows.js";

/** A job as lists show it. */
export interface JobRowView {
  /** `12`, or `12.1`. */
  readonly id: string;
  readonly description: string;
  readonly state: string;
  readonly health: string;
  readonly deviceType: string | null;
  readonly device: string | null;
  readonly submitter: string;
  readonly priority: number;
  readonly healthCheck: boolean;
  readonly submitted: Date;
  readonly started: Date | null;
  readonly ended: Date | null;
  /** Why it waits, in words. */
  readonly waitsFor: string | null;
  /** Why it failed, in one line: `Infrastructure: no answer from the PDU`. */
  readonly failure: string | null;
}

/** A job as its page shows it. */
export interface JobDetails extends JobRowView {
  readonly visibility: string;
  readonly worker: string | null;
  /** In its MultiNode group. */
  readonly role: string | null;
  readonly tags: readonly string[];
  readonly resubmitOf: number | null;
  readonly comment: string;
  readonly failureTags: readonly string[];
  /** Why it failed. */
  readonly error?: JobErrorView | undefined;
  /** Other members of its MultiNode group. */
  readonly group: readonly {
    readonly id: string;
    readonly role: string | null;
    readonly state: string;
    readonly health: string;
  }[];
}

export interface JobErrorView {
  readonly type: string;
  readonly code: string | null;
  readonly message: string;
  /** Of the log, from 1. */
  readonly line?: number | undefined;
  /** What the log says just before, and there. */
  readonly excerpt: readonly LogLine[];
}
