import { join } from "node:path";
import { asObject, infrastructureError, type TestResult } from "@basalt/core";
import { type ProcessIdentity, parseIdentity } from "./process-identity.js";
import { readIfThere, writeWhole } from "./whole-file.js";

/** What START brought: all that a job needs, as texts. */
export interface JobStart {
  readonly job: number;
  /** The job's definition (YAML). */
  readonly definition: string;
  /** The device's rendered dictionary (YAML). */
  readonly device: string;
  /** dispatcher.yaml, env.yaml and env-dut.yaml of LAVA; "" where the server has none. */
  readonly dispatcher: string;
  readonly env: string;
  readonly envDut: string;
  /** The number that the server computed for this job. */
  readonly compatibility: number;
  /** The server's version, for messages. */
  readonly version: string;
}

/** How a job ended, as END tells it. */
export interface EndRecord {
  readonly result: Extract<TestResult, "pass" | "fail">;
  /** LAVA's word: `Infrastructure`, `Job`, `Canceled`, ... */
  readonly errorType?: string;
  /** `ERR_*`; left out where only the log was left to tell how the job ended. */
  readonly errorCode?: string;
  readonly errorMessage?: string;
  /** Whole lines of output.yaml. */
  readonly lines: number;
  /** Milliseconds since the epoch. */
  readonly endedAt: number;
}

/** The environment variable that a job's processes inherit: by it they are found when the job's own process is gone. */
export const jobFolderVariable = "BASALT_JOB_FOLDER";

/** The files of a job's folder (`jobs/<id>` in the worker's state folder). */
export interface JobFolderFiles {
  readonly path: string;
  /** What START brought; may hold secrets: mode 0600, in a folder of mode 0700. */
  readonly start: string;
  /** The job's process, written by itself before it does anything: a job runs once. */
  readonly pid: string;
  /** The process that tidies up after one that died. */
  readonly rescuePid: string;
  /** When the job was canceled, in milliseconds since the epoch. */
  readonly cancel: string;
  /** LAVA's log lines: the journal that is uploaded by line number. */
  readonly output: string;
  readonly description: string;
  /** Written last: the job has ended when it is there. */
  readonly end: string;
  /** Space kept for the last lines and `end`: a full disk must not keep a job from ending. */
  readonly ballast: string;
  readonly stdout: string;
  readonly stderr: string;
}

export function jobFolderFiles(path: string): JobFolderFiles {
  const at = (name: string): string => join(path, name);
  return {
    path,
    start: at("start.json"),
    pid: at("pid.json"),
    rescuePid: at("rescue.json"),
    cancel: at("cancel.json"),
    output: at("output.yaml"),
    description: at("description.yaml"),
    end: at("end.json"),
    ballast: at("ballast"),
    stdout: at("process.out"),
    stderr: at("process.err"),
  };
}

/** @throws ERR_JOB_START_UNREADABLE (infrastructure) */
export async function readStart({ start }: Pick<JobFolderFiles, "start">): Promise<JobStart> {
  try {
    return JSON.parse((await readIfThere(start)) ?? "") as JobStart;
  } catch (cause) {
    throw infrastructureError(
      "ERR_JOB_START_UNREADABLE",
      `can't read what to run from ${start}: ${(cause as Error).message}; is the worker's disk sound?`,
      { cause, details: { path: start } },
    );
  }
}

export async function readEnd({ end }: Pick<JobFolderFiles, "end">): Promise<EndRecord | undefined> {
  const text = await readIfThere(end);
  return text === undefined ? undefined : (JSON.parse(text) as EndRecord);
}

export const writeEnd = ({ end }: Pick<JobFolderFiles, "end">, record: EndRecord): Promise<void> =>
  writeWhole(end, `${JSON.stringify(record)}\n`);

/** The process that a pid file names. */
export async function readIdentity(path: string): Promise<ProcessIdentity | undefined> {
  const text = await readIfThere(path);
  return text === undefined ? undefined : parseIdentity(text);
}

/** When the job was canceled, in milliseconds since the epoch; undefined where nobody did. */
export async function canceledAt({ cancel }: Pick<JobFolderFiles, "cancel">): Promise<number | undefined> {
  const text = await readIfThere(cancel);
  if (text === undefined) return undefined;
  try {
    return Number(asObject(JSON.parse(text)).at ?? 0);
  } catch {
    return 0;
  }
}
