import { type DaemonLog, infrastructureError, toBasaltError } from "@basalt/core";
import { dropBallast } from "../job-process/ballast.js";
import { endRecord } from "../job-process/end-record.js";
import { finishLog } from "../job-process/finish-log.js";
import { type EndRecord, type JobFolderFiles, writeEnd } from "../job-process/job-folder.js";

export interface EndUnrescuedOptions {
  readonly job: number;
  /** How the job's process died, as far as we know. */
  readonly how: string | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly log: DaemonLog;
}

/** The last resort: no plugin could be asked to switch the device off, but the job must end. */
export async function endUnrescued(files: JobFolderFiles, options: EndUnrescuedOptions): Promise<EndRecord> {
  const { job, how, now, log } = options;
  const error = infrastructureError(
    "ERR_JOB_PROCESS_DIED",
    `the job's process died before the job had ended${how ? ` (${how})` : ""}, and tidying up after it failed: ` +
      `see ${files.stderr} on the worker. Its device may still be on`,
  );
  log.error(`job ${job}: ${error.message}`, { job });
  try {
    await dropBallast(files.ballast);
    const end = endRecord(await finishLog(files.output, { now, error }), { endedAt: now, error });
    await writeEnd(files, end);
    return end;
  } catch (failure) {
    // a broken disk: what the log has is all there will be
    log.error(`job ${job}: ${toBasaltError(failure).message}`, { job });
    const { code: errorCode, message: errorMessage } = error;
    return { result: "fail", errorType: "Infrastructure", errorCode, errorMessage, lines: 0, endedAt: now };
  }
}
