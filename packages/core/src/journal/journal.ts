import type { BasaltError } from "../errors.js";
import type { PlanSection } from "../job/job.js";
import type { Json, JsonObject } from "../json.js";

/** LAVA's log levels. */
export type LogLevel =
  | "debug"
  | "info"
  | "warning"
  | "error"
  | "exception"
  | "results"
  | "target"
  | "input"
  | "feedback"
  | "event";

export type TestResult = "pass" | "fail" | "skip" | "unknown";

/** A result as LAVA's log carries it (lava-dispatcher.md 5, "Result record"). Results of actions have definition `lava`. */
export interface ResultRecord {
  readonly definition: string;
  readonly case: string;
  readonly result: TestResult;
  readonly namespace?: string;
  readonly level?: string;
  /** Seconds with two decimals. */
  readonly duration?: string;
  readonly extra?: JsonObject | readonly Json[];
  readonly measurement?: string | number;
  readonly units?: string;
  readonly set?: string;
  readonly reference?: string;
  readonly uuid?: string;
  readonly commit_id?: string;
  readonly repository?: string;
  readonly path?: string;
  readonly revision?: string;
  readonly starttc?: number;
  readonly endtc?: number;
  readonly error_msg?: string;
  readonly error_type?: string;
}

/** What happened, in order. `at` is milliseconds since the epoch. */
export type JournalEvent =
  | {
      readonly type: "log";
      readonly at: number;
      readonly level: LogLevel;
      readonly message: string;
      readonly namespace?: string;
    }
  | { readonly type: "result"; readonly at: number; readonly result: ResultRecord }
  /** Console text as it came, decoded, before it is cut into lines. */
  | { readonly type: "console"; readonly at: number; readonly namespace: string; readonly text: string }
  | {
      readonly type: "action-started";
      readonly at: number;
      readonly level: string;
      readonly name: string;
      readonly section: PlanSection;
      readonly namespace: string;
      readonly timeoutMs: number;
      /** 1-based attempt of the nearest retry node around it; 1 where there is none. */
      readonly attempt: number;
    }
  | {
      readonly type: "action-ended";
      readonly at: number;
      readonly level: string;
      readonly name: string;
      readonly outcome: "pass" | "fail" | "skipped";
      readonly ms: number;
      readonly error?: BasaltError;
    }
  | {
      readonly type: "progress";
      readonly at: number;
      readonly level: string;
      readonly what: string;
      readonly done: number;
      readonly total?: number;
      readonly unit: "bytes" | "steps";
    };

/** Append-only and synchronous: neither disk nor network may set the pace of the hardware. */
export interface Journal {
  append(event: JournalEvent): void;
}
