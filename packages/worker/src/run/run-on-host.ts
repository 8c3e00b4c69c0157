import {
  type BasaltError,
  type Clock,
  type JobOutcome,
  type JournalEvent,
  type JsonObject,
  ProtocolToken,
  runJob,
  toBasaltError,
} from "@basalt/core";
import type { PreparedJob } from "@basalt/plugin-loader";
import { allOf, createContainer } from "./container.js";
import { deviceServices } from "./device-services.js";
import { openHost } from "./open-host.js";

export interface RunOnHostOptions {
  readonly prepared: PreparedJob;
  readonly jobId: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** What `dispatcher.yaml` says in LAVA. */
  readonly dispatcher: JsonObject;
  /** What `env-dut.yaml` says in LAVA: exported in the device's shell. */
  readonly deviceEnvironment?: JsonObject;
  /** Absolute path of the folder for the job's output, if it is wanted. */
  readonly output: string | undefined;
  /** What the job's author should know; the log begins with it. */
  readonly warnings?: readonly string[];
  /** Hears at once of output that can't be written; without an answer to it the job goes on. */
  onOutputFailure?(error: BasaltError): void;
  /** Told the job's folder, for someone who has to end at once. */
  opened(folder: string): void;
  /** Hears what happens, as it happens. */
  tell(event: JournalEvent): void;
}

/** How a job ended, and what went wrong with this machine around it. */
export interface EndedJob {
  readonly outcome: JobOutcome;
  /** Output that could not be written, a folder that could not be removed. */
  readonly troubles: readonly BasaltError[];
}

/** Runs a job on this machine; when this resolves nothing of it is left but the output. @throws what kept it from starting */
export async function runOnHost(options: RunOnHostOptions): Promise<EndedJob> {
  const { prepared, jobId, clock, signal, tell } = options;
  const { pipeline, plugins, device } = prepared;
  const troubles: BasaltError[] = [];
  const note = (error: unknown): void => void troubles.push(toBasaltError(error));
  const root = createContainer(plugins);
  const onFailure = (error: BasaltError): void => {
    note(error);
    options.onOutputFailure?.(error);
  };
  const host = await openHost({ ...options, pipeline, onFailure });
  options.opened(host.folder);
  try {
    const resolve = deviceServices(root, device, host.services);
    const outcome = await runJob({
      pipeline,
      jobId,
      clock,
      signal,
      resolve,
      protocols: allOf(root, ProtocolToken),
      warnings: options.warnings ?? [],
      journal: {
        append(event) {
          host.journal.append(event);
          tell(event);
        },
      },
    });
    if (troubles.length === 0) await host.finish().catch(note);
    return { outcome, troubles };
  } finally {
    await host[Symbol.asyncDispose]().catch(note);
  }
}
