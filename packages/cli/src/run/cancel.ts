import { type BasaltError, bugError, canceledError } from "@basalt/core";
import { exitStatus } from "../exit-status.js";
import type { Io } from "../io.js";

export interface Cancellation extends Disposable {
  /** Aborts when somebody cancels, or when an error of ours that nobody caught makes going on senseless. */
  readonly signal: AbortSignal;
}

export interface CancelOptions {
  /** Shows a text to whoever pressed the keys. */
  say(text: string): void;
  /** What is being done now, for a second Ctrl-C. */
  doing(): string;
  /** Called before the process is ended at once. */
  beforeKill(): void;
}

const reasons: Readonly<Record<string, string>> = {
  SIGINT: "Ctrl-C",
  SIGPIPE: "nobody reads the output any more",
  SIGHUP: "the terminal is gone",
};

/**
 * The first signal cancels the job: its board is switched off and all is tidied up. The second says what is still being done, the third
 * ends the process at once.
 */
export function cancelOnSignals(io: Io, { say, doing, beforeKill }: CancelOptions): Cancellation {
  const controller = new AbortController();
  let pressed = 0;
  const cancel = (error: BasaltError): void => controller.abort(error);
  const offSignal = io.onSignal((signal) => {
    pressed++;
    if (pressed === 1) {
      const why = reasons[signal] ?? signal;
      cancel(canceledError("ERR_JOB_CANCELED", `The job was canceled (${why})`, { details: { signal } }));
      say(`${why}: canceling the job (Ctrl-C again tells what is still being done)`);
    } else if (pressed === 2) {
      say(`Still being done: ${doing()}. Ctrl-C once more ends everything at once and may leave the device on.`);
    } else {
      beforeKill();
      io.kill(exitStatus.canceled);
    }
  });
  const offFatal = io.onFatal((error) => {
    const message = error instanceof Error ? error.message : String(error);
    cancel(bugError("ERR_UNEXPECTED", `unexpected error outside of any action: ${message}`, { cause: error }));
  });
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      offSignal();
      offFatal();
    },
  };
}
