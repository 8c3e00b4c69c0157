import {
  type BasaltError,
  bugError,
  type Clock,
  type JournalEvent,
  type JsonObject,
  toBasaltError,
} from "@basalt/core";
import { type PluginCatalog, type PreparedJob, prepareJob, withDrivers } from "@basalt/plugin-loader";
import { runOnHost } from "../run/run-on-host.js";
import { dropBallast } from "./ballast.js";
import { type Cancellation, canceledByServer, cancelOnProcessSignals, type ProcessSignals } from "./cancel-signals.js";
import { compareCompatibility } from "./compatibility.js";
import { endRecord } from "./end-record.js";
import { readSettings, shapeEnvironment } from "./environment.js";
import { finishLog } from "./finish-log.js";
import {
  canceledAt,
  type EndRecord,
  type JobFolderFiles,
  type JobStart,
  jobFolderFiles,
  readStart,
  writeEnd,
} from "./job-folder.js";
import { endLeftProcesses } from "./left-processes.js";
import { withOwnPrefix } from "./own-prefix.js";
import { identityOf } from "./process-identity.js";
import { writeOnce } from "./whole-file.js";

/** What this machine brings to a job. */
export interface JobSetUp {
  readonly catalog: PluginCatalog;
  /** This machine's own settings; what the server's dispatcher.yaml says counts more. */
  readonly dispatcher: JsonObject;
}

export interface JobProcessOptions {
  /** Reads the settings and finds the plugins; what is wrong with them ends the job in words. */
  setUp(): Promise<JobSetUp>;
  readonly clock: Clock;
  readonly signals: ProcessSignals;
  /** This worker's version, for messages. */
  readonly version: string;
}

/** What runs now, for somebody who waits for the end. */
class Doing {
  readonly #running: string[] = [];

  readonly text = (): string => this.#running.at(-1) ?? "opening or closing what the job needs";

  apply(event: JournalEvent): void {
    if (event.type === "action-started") this.#running.push(`${event.level} ${event.name}`);
    if (event.type === "action-ended") this.#running.pop();
  }
}

/** Checks and plans what START brought, as the server did. @throws what is wrong with it */
async function prepare(start: JobStart, catalog: PluginCatalog, version: string): Promise<PreparedJob> {
  const prepared = await prepareJob({
    job: { name: `job ${start.job}`, text: start.definition },
    device: { name: `the device of job ${start.job}`, text: start.device },
    strict: false,
    catalog,
    // the server rendered the device with it, and knows what this lab allows
    extraContext: "any",
  });
  const mismatch = compareCompatibility(start, { compatibility: prepared.pipeline.compatibility, version });
  if (mismatch) throw mismatch;
  return withDrivers(prepared, catalog);
}

interface Running {
  readonly options: JobProcessOptions;
  readonly cancellation: Cancellation;
  readonly doing: Doing;
}

/** Runs the job; gives what ended it, if something did. */
async function work(
  files: JobFolderFiles,
  { options, cancellation, doing }: Running,
): Promise<BasaltError | undefined> {
  const { clock, version } = options;
  const start = await readStart(files);
  await shapeEnvironment(await readSettings("env.yaml", start.env));
  const { catalog, dispatcher } = await options.setUp();
  const prepared = await prepare(start, catalog, version);
  cancellation.signal.throwIfAborted();
  const { outcome, troubles } = await runOnHost({
    prepared,
    jobId: String(start.job),
    clock,
    signal: cancellation.signal,
    dispatcher: withOwnPrefix(files.path, {
      ...dispatcher,
      ...(await readSettings("dispatcher.yaml", start.dispatcher)),
    }),
    deviceEnvironment: await readSettings("env-dut.yaml", start.envDut),
    output: files.path,
    warnings: prepared.warnings,
    // a job whose log is lost is worth nothing: its board is switched off now, not at its end
    onOutputFailure: (error) => cancellation.abort(error),
    opened: () => {},
    tell: (event) => doing.apply(event),
  });
  for (const { message, code } of troubles) process.stderr.write(`${message} (${code})\n`);
  return outcome.result === "fail" ? outcome.error : troubles[0];
}

/**
 * The process of one job: runs what START brought into the job's folder, and leaves `end.json` there, whatever happens. A job runs once: where
 * another process has taken the folder before, nothing is done.
 */
export async function runJobProcess(folder: string, options: JobProcessOptions): Promise<EndRecord | undefined> {
  const files = jobFolderFiles(folder);
  const doing = new Doing();
  // before the folder is taken: who sees our pid there may signal us
  using cancellation = cancelOnProcessSignals(options.signals, doing.text);
  if (!(await writeOnce(files.pid, `${JSON.stringify(identityOf(process.pid))}\n`))) return undefined;
  let error: BasaltError | undefined;
  try {
    if ((await canceledAt(files)) !== undefined) cancellation.abort(canceledByServer());
    error = await work(files, { options, cancellation, doing });
  } catch (thrown) {
    error = toBasaltError(thrown);
  }
  // what was left behind because it hung; a server that jobs share has to be started without our variable
  await endLeftProcesses(files.path, { clock: options.clock });
  await dropBallast(files.ballast);
  const now = options.clock.now();
  const unsaid = bugError("ERR_UNEXPECTED", "the job ended, but its log does not say how");
  const log = await finishLog(files.output, { now, error: error ?? unsaid });
  const end = endRecord(log, { endedAt: now, error });
  await writeEnd(files, end);
  return end;
}
