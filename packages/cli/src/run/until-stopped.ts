import type { DaemonLog } from "@basalt/core";
import { exitStatus } from "../exit-status.js";
import type { Io } from "../io.js";

/** The end of a program that runs until somebody stops it. */
export interface UntilStopped extends Disposable {
  /** Its exit status, once a signal came, or an error of ours that nobody caught. */
  readonly stopped: Promise<number>;
}

export interface UntilStoppedOptions {
  readonly log: DaemonLog;
  /** What stops then: "the worker". */
  readonly what: string;
  /** What becomes of jobs at a signal, for the log: "its jobs go on". Without it a signal is not logged. */
  readonly jobs?: string;
}

/** Waits for what ends a daemon. Ends no process, not even after a bug: whoever waits closes what it opened, and jobs of a worker go on. */
export function untilStopped(io: Io, { log, what, jobs }: UntilStoppedOptions): UntilStopped {
  let stop = (_status: number): void => {};
  const stopped = new Promise<number>((resolve) => {
    stop = resolve;
  });
  const offSignal = io.onSignal((signal) => {
    if (jobs !== undefined) log.info(`${signal}: ${what} stops, ${jobs}`);
    stop(exitStatus.ok);
  });
  const offFatal = io.onFatal((error) => {
    log.error(`a bug of Basalt, ${what} stops: ${error instanceof Error ? error.stack : error}`);
    stop(exitStatus.bug);
  });
  return {
    stopped,
    [Symbol.dispose]() {
      offSignal();
      offFatal();
    },
  };
}
