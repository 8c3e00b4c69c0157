import {
  asObject,
  type BasaltError,
  type Clock,
  type Device,
  infrastructureError,
  type Log,
  type LogRecord,
  makeLog,
  makeMasker,
  PowerDriverToken,
  powerFacts,
  readYaml,
  toBasaltError,
  toLogRecord,
} from "@basalt/core";
import type { Host } from "@basalt/host";
import { needsOfDevice, readDevice } from "@basalt/plugin-loader";
import { allOf, createContainer, jobContainer, resolver } from "../run/container.js";
import { devicePower } from "../run/drivers.js";
import { dropBallast } from "./ballast.js";
import { canceledByServer } from "./cancel-signals.js";
import { endRecord } from "./end-record.js";
import { readSettings, shapeEnvironment } from "./environment.js";
import { finalizeTimeoutMs } from "./finalize-timeout.js";
import { finishLog } from "./finish-log.js";
import {
  canceledAt,
  type EndRecord,
  type JobFolderFiles,
  type JobStart,
  jobFolderFiles,
  readEnd,
  readIdentity,
  readStart,
  writeEnd,
} from "./job-folder.js";
import { removeLeftContainers } from "./left-containers.js";
import { endLeftProcesses } from "./left-processes.js";
import { withOwnPrefix } from "./own-prefix.js";
import { isAlive } from "./process-identity.js";
import { takeProcessLock } from "./process-lock.js";
import type { JobSetUp } from "./run-job-process.js";
import { readIfThere } from "./whole-file.js";

export interface RescueOptions {
  /** As the job had it. */
  setUp(): Promise<JobSetUp>;
  readonly clock: Clock;
  /** How the job's process died, as far as the daemon knows: `killed by SIGKILL`. */
  readonly how?: string;
}

interface Rescue extends RescueOptions {
  readonly files: JobFolderFiles;
  readonly start: JobStart;
  readonly log: Log;
}

/** This machine's services under a job id. */
async function openHost({ files, start, clock, setUp }: Rescue, jobId: string): Promise<Host> {
  const [{ createHost }, { dispatcher }] = await Promise.all([import("@basalt/host"), setUp()]);
  const own = { ...dispatcher, ...(await readSettings("dispatcher.yaml", start.dispatcher)) };
  const config = withOwnPrefix(files.path, own);
  return createHost({ jobId, clock, config });
}

const powerTries = 3;
const betweenTriesMs = 1_000;

async function switchOff(device: Device, rescue: Rescue): Promise<void> {
  const { start, setUp, clock, log, files } = rescue;
  // its power alone: a console driver that is missing must not leave the board on
  const needed = needsOfDevice(device).filter(({ kind }) => kind === "power");
  const root = createContainer(await (await setUp()).catalog.load(needed));
  // a folder of its own: that of the job may be in a state that nobody expects
  await using host = await openHost(rescue, `${start.job}.rescue`);
  const services = resolver(jobContainer(root, host.services));
  const power = devicePower(device, allOf(root, PowerDriverToken), services);
  using deadline = clock.deadline(await finalizeTimeoutMs(files), "switching the device off");
  for (let tries = 1; ; tries++) {
    try {
      return await power.off({ signal: deadline.signal, log });
    } catch (error) {
      if (tries >= powerTries || deadline.signal.aborted) throw error;
      log.warning(`switching the device off failed, trying again: ${toBasaltError(error).message}`);
      await clock.sleep(betweenTriesMs, { signal: deadline.signal });
    }
  }
}

/** Switches the device off, where it has a way to. Gives what went wrong. */
async function powerOff(rescue: Rescue): Promise<BasaltError | undefined> {
  try {
    const device = await readDevice({ name: `the device of job ${rescue.start.job}`, text: rescue.start.device });
    if (powerFacts(device).off) await switchOff(device, rescue);
    return undefined;
  } catch (error) {
    return toBasaltError(error);
  }
}

/** The job's own folder in the download folder: making it anew takes the old one away, closing it the new one. */
async function removeTemporaryFolder(rescue: Rescue): Promise<void> {
  try {
    await (await openHost(rescue, String(rescue.start.job)))[Symbol.asyncDispose]();
  } catch (error) {
    rescue.log.warning(`the job's folder could not be removed: ${toBasaltError(error).message}`);
  }
}

const quotedBytes = 1_000;

async function maskerOf({ definition }: JobStart): Promise<(text: string) => string> {
  const document = await readYaml(definition, { quiet: true }).catch(() => undefined);
  const secrets = Object.values(asObject(asObject(document?.value).secrets));
  return makeMasker(secrets.map(String));
}

/** What the process said last: why Node ended it, where it did. */
async function lastWords({ files, start }: Rescue): Promise<string> {
  const text = (await readIfThere(files.stderr).catch(() => "")) ?? "";
  const words = (await maskerOf(start))(text).trim().slice(-quotedBytes);
  return words === "" ? "" : `; its last words: ${words}`;
}

async function whatHappened(rescue: Rescue, off: BasaltError | undefined): Promise<BasaltError> {
  const { files, how } = rescue;
  const stillOn = off ? `. The device could not be switched off, look after it: ${off.message}` : "";
  if ((await canceledAt(files)) !== undefined && !off) return canceledByServer();
  return infrastructureError(
    "ERR_JOB_PROCESS_DIED",
    `the job's process died before the job had ended${how ? ` (${how})` : ""}${await lastWords(rescue)}${stillOn}`,
    { ...(off ? { cause: off } : {}) },
  );
}

/**
 * Ends a job whose process died without ending it: what it left running is killed, its device switched off, its temporary folder removed, its
 * log completed, and `end.json` written. Killed midway, it can be run again. Does nothing where the job has ended or its process lives.
 */
export async function rescueJob(folder: string, options: RescueOptions): Promise<EndRecord | undefined> {
  const files = jobFolderFiles(folder);
  const ended = await readEnd(files);
  if (ended) return ended;
  const owner = await readIdentity(files.pid);
  if (owner && isAlive(owner)) return undefined;
  await dropBallast(files.ballast);
  if (!(await takeProcessLock(files.rescuePid)).taken) return undefined;
  const { clock } = options;
  const records: LogRecord[] = [];
  const log = makeLog(
    { append: (event) => records.push(...[toLogRecord(event)].filter((record) => record !== undefined)) },
    clock,
  );
  const start = await readStart(files);
  const rescue: Rescue = { ...options, files, start, log };
  await shapeEnvironment(await readSettings("env.yaml", start.env).catch(() => ({})));
  await removeLeftContainers(folder, { clock, log });
  const stubborn = await endLeftProcesses(folder, { clock });
  if (stubborn.length > 0) log.warning(`processes of the job could not be killed: ${stubborn.join(", ")}`);
  const off = await powerOff(rescue);
  await removeTemporaryFolder(rescue);
  const error = await whatHappened(rescue, off);
  const now = clock.now();
  const finished = await finishLog(files.output, { now, more: records, error });
  const end = endRecord(finished, { endedAt: now, error });
  await writeEnd(files, end);
  return end;
}
