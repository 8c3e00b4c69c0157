import { type BasaltError, bugError, canceledError } from "@basalt/core";

/** What a job's process hears from outside, and how it ends itself at once; the command's `Io` has these. */
export interface ProcessSignals {
  /** Calls back for SIGINT, SIGTERM and SIGHUP. Gives a way to stop. */
  onSignal(handler: (signal: string) => void): () => void;
  /** Calls back for errors that nobody caught. Gives a way to stop. */
  onFatal(handler: (error: unknown) => void): () => void;
  /** Ends the process at once, and all that it has started. */
  kill(code: number): void;
}

export interface Cancellation extends Disposable {
  readonly signal: AbortSignal;
  /** Ends the job with this error, if nothing has ended it before. */
  abort(error: BasaltError): void;
}

export const canceledByServer = (): BasaltError => canceledError("ERR_JOB_CANCELED", "The job was canceled");

/** Status of a process that a third signal ended. */
const killedStatus = 5;

/**
 * The first signal cancels the job: its board is switched off and all is tidied up. The second says what is still being done (in the
 * process's own output), the third ends the process at once; the worker then tidies up after it.
 */
export function cancelOnProcessSignals(signals: ProcessSignals, doing: () => string): Cancellation {
  const controller = new AbortController();
  let heard = 0;
  const offSignal = signals.onSignal((signal) => {
    heard++;
    if (heard === 1) controller.abort(canceledByServer());
    else if (heard === 2) process.stderr.write(`${signal} again: still being done: ${doing()}\n`);
    else {
      process.stderr.write(`${signal} once more: ending at once while doing: ${doing()}\n`);
      signals.kill(killedStatus);
    }
  });
  const offFatal = signals.onFatal((error) => {
    const message = error instanceof Error ? error.message : String(error);
    controller.abort(
      bugError("ERR_UNEXPECTED", `unexpected error outside of any action: ${message}`, { cause: error }),
    );
  });
  return {
    signal: controller.signal,
    abort: (error) => controller.abort(error),
    [Symbol.dispose]() {
      offSignal();
      offFatal();
    },
  };
}
