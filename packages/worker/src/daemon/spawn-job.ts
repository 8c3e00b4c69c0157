import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { infrastructureError } from "@basalt/core";
import { type JobFolderFiles, jobFolderVariable } from "../job-process/job-folder.js";
import { identityOf, type ProcessIdentity } from "../job-process/process-identity.js";

export interface SpawnJobOptions {
  /** What starts a job process: its argv before the options and the job's folder. */
  readonly command: readonly string[];
  readonly files: JobFolderFiles;
  /** Options before the folder. */
  readonly args?: readonly string[];
  /** The worker's own environment, without what is not for jobs. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface SpawnedJob {
  /** Undefined where it has ended already. */
  readonly identity: ProcessIdentity | undefined;
  /** How it ended, in words: `killed by SIGKILL`. */
  readonly exited: Promise<string>;
}

/**
 * Starts a process in a job's folder, in a session of its own: it outlives the daemon. Its output goes to files there.
 * @throws ERR_JOB_PROCESS_START (infrastructure)
 */
export async function spawnJob({ command, files, args = [], environment }: SpawnJobOptions): Promise<SpawnedJob> {
  const [program = "", ...before] = command;
  const opened: number[] = [];
  const output = (path: string): number => {
    const fd = openSync(path, "a", 0o600);
    opened.push(fd);
    return fd;
  };
  try {
    const child = spawn(program, [...before, ...args, files.path], {
      detached: true,
      stdio: ["ignore", output(files.stdout), output(files.stderr)],
      env: { ...environment, [jobFolderVariable]: files.path },
    });
    const exited = new Promise<string>((resolve) =>
      child.once("exit", (code, signal) => resolve(signal ? `killed by ${signal}` : `its exit status was ${code}`)),
    );
    await new Promise<void>((resolve, reject) => child.once("spawn", resolve).once("error", reject));
    child.on("error", () => {});
    child.unref();
    return { identity: child.pid === undefined ? undefined : identityOf(child.pid), exited };
  } catch (cause) {
    throw infrastructureError(
      "ERR_JOB_PROCESS_START",
      `can't start a process for the job in ${files.path}: ${(cause as Error).message}`,
      { cause, details: { program } },
    );
  } finally {
    for (const fd of opened) closeSync(fd);
  }
}
