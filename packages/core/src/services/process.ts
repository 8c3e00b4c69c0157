import type { Transport } from "../console/index.js";
import { token } from "../token.js";

/** How a command on the worker is run. */
export interface ProcessOptions {
  readonly signal: AbortSignal;
  readonly cwd?: string;
  /** Added to the worker's own environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Written to standard input, which is then closed; closed at once if absent. */
  readonly input?: string | Uint8Array;
  /** Called for each line the command prints, on either stream, as it comes. */
  onLine?(line: string, stream: "stdout" | "stderr"): void;
}

/** How a command ended. */
export interface ProcessResult {
  /** Exit status; undefined when a signal ended it. */
  readonly code: number | undefined;
  readonly endedBy?: string;
  /** The last megabyte of each stream, decoded as UTF-8. */
  readonly stdout: string;
  readonly stderr: string;
  readonly ms: number;
}

/** Runs commands on the worker, without a shell. When the signal aborts: SIGTERM to the whole process group, SIGKILL 3 s later. */
export interface ProcessRunner {
  /**
   * Resolves however the command ends by itself; rejects with the signal's reason, after its last process is gone, when that aborts.
   * @throws ERR_COMMAND_NOT_FOUND (infrastructure) where there is no such program
   */
  run(argv: readonly string[], options: ProcessOptions): Promise<ProcessResult>;
  /** Absolute path of a program of PATH, or undefined. */
  find(program: string): Promise<string | undefined>;
}
export const ProcessRunnerToken = token<ProcessRunner>("ProcessRunner");

/** A program in a pseudo terminal: a console like any other, and a process. Disposing ends its whole process group. */
export interface PtyProcess extends Transport, AsyncDisposable {
  readonly pid: number;
  /** Resolves when the program has ended. */
  readonly exited: Promise<{ readonly code: number | undefined; readonly endedBy?: string }>;
}

/** Starts programs in a pseudo terminal. */
export interface PtySpawner {
  spawn(argv: readonly string[], options: Pick<ProcessOptions, "cwd" | "env">): Promise<PtyProcess>;
}
export const PtySpawnerToken = token<PtySpawner>("PtySpawner");
