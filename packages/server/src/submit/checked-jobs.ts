import { createHash } from "node:crypto";
import type { JobColumns } from "./job-columns.js";

/** A definition that was found right, and for which device. */
export interface CheckedJob {
  readonly columns: JobColumns;
  readonly device: string;
  readonly compatibility: number;
  readonly warnings: readonly string[];
  /** Of the devices' texts: {@link import("../devices/index.js").DeviceConfigs.generation}. */
  readonly generation: number;
}

const most = 2_000;

/**
 * What was checked a while ago: CI loops and resubmission hand in the same text again and again, and reading, checking and planning it is
 * most of what a submission costs. Only definitions that were right are kept, by their hash, and only for the device they were right for.
 */
export class CheckedJobs {
  readonly #jobs = new Map<string, CheckedJob>();

  static #key = (text: string): string => createHash("sha256").update(text).digest("base64");

  get(text: string): CheckedJob | undefined {
    return this.#jobs.get(CheckedJobs.#key(text));
  }

  set(text: string, job: CheckedJob): void {
    // the oldest goes: a Map keeps the order of insertion
    const [oldest] = this.#jobs.keys();
    if (oldest !== undefined && this.#jobs.size >= most) this.#jobs.delete(oldest);
    this.#jobs.set(CheckedJobs.#key(text), job);
  }
}
