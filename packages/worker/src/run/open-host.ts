import type { BasaltError, Clock, Journal, JsonObject, Pipeline } from "@basalt/core";
import type { Service } from "./container.js";

export interface OpenHostOptions {
  readonly pipeline: Pipeline;
  readonly jobId: string;
  readonly clock: Clock;
  /** What `dispatcher.yaml` says in LAVA; from the settings. */
  readonly dispatcher: JsonObject;
  /** What `env-dut.yaml` says in LAVA. */
  readonly deviceEnvironment?: JsonObject;
  /** Folder for the job's output, if it is wanted. */
  readonly output: string | undefined;
  /** Hears at once when the output can't be written. */
  onFailure(error: BasaltError): void;
}

/** This machine for one job. Disposing removes the job's folder and closes the output. */
export interface JobHost {
  readonly services: readonly Service[];
  readonly journal: Journal;
  /** The job's folder. */
  readonly folder: string;
  /** Completes the output when the job has ended. @throws what could not be written (infrastructure) */
  finish(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const nowhere: Journal = { append: () => {} };

/** Opens it. @throws ERR_JOB_FOLDER_*, ERR_DISK_FULL, ERR_FILE_UNREADABLE (infrastructure) */
export async function openHost(options: OpenHostOptions): Promise<JobHost> {
  const { pipeline, jobId, clock, dispatcher, deviceEnvironment = {}, output: path, onFailure } = options;
  const { createHost, openOutputFolder } = await import("@basalt/host");
  // first: a folder that can't be written must be told before a board is touched
  const output = path === undefined ? undefined : await openOutputFolder({ path, pipeline, onFailure });
  try {
    const host = await createHost({ jobId, clock, config: dispatcher, deviceEnvironment });
    return {
      services: host.services,
      folder: host.folder,
      journal: output ?? nowhere,
      finish: async () => output?.finish(),
      async [Symbol.asyncDispose]() {
        await host[Symbol.asyncDispose]();
        await output?.[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await output?.[Symbol.asyncDispose]();
    throw error;
  }
}
