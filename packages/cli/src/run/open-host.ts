import type { Clock, JobOutcome, Journal, Pipeline } from "@basalt/core";
import type { Service } from "./container.js";

export interface OpenHostOptions {
  readonly pipeline: Pipeline;
  readonly jobId: string;
  readonly clock: Clock;
  readonly output: string | undefined;
}
export interface JobHost extends AsyncDisposable {
  readonly services: readonly Service[];
  readonly journal: Journal;
  finish(outcome: JobOutcome): Promise<void>;
}
export async function openHost(_options: OpenHostOptions): Promise<JobHost> {
  return { services: [], journal: { append() {} }, finish: async () => {}, [Symbol.asyncDispose]: async () => {} };
}
