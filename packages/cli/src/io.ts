import type { Clock } from "@basalt/core";

/** What the command writes to: a terminal, a pipe, a file, or a test's list of texts. */
export interface OutputStream {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  /** Columns of the terminal; absent where it is none. */
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}

/** The command's whole world, so that tests can run it inside their own process. */
export interface Io {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folder that relative paths and names of plugins start from. */
  readonly cwd: string;
  /** The system's clock if absent. */
  readonly clock?: Clock;
  /** Calls back for SIGINT, SIGTERM and SIGHUP, and for output that nobody reads any more (`SIGPIPE`). Gives a way to stop. */
  onSignal(handler: (signal: string) => void): () => void;
  /** Calls back for errors that nobody caught, so that a board is switched off before the process ends. Gives a way to stop. */
  onFatal(handler: (error: unknown) => void): () => void;
  /** Ends the process at once, and all that it has started. */
  kill(code: number): void;
}
