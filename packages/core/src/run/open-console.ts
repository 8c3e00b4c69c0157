import { Console, LineSplitter, type Transport } from "../console/index.js";
import { findConstant } from "../device/constants.js";
import type { ActionContext } from "./action-context.js";

/** LAVA's `spawn_maxread`: half the search window, in characters. */
function windowOf(ctx: ActionContext): number {
  const value = Number(findConstant({ context: ctx.job.job.context, device: ctx.job.device }, "spawn_maxread"));
  return Number.isInteger(value) && value > 0 ? value : 4092;
}

export interface OpenConsoleOptions {
  /** How long the line must be quiet before a match that more text could change counts: less for a pty than for a UART behind USB. */
  readonly settleMs?: number;
  /** Name of a console beside the namespace's own, which is only listened to: its lines are logged as feedback of this name. */
  readonly feedback?: string;
}

/**
 * A console over a transport, for the rest of the job: every line goes to the log, every piece of text to the journal, and finalize
 * knows of it. It is closed, with the transport, when the attempt fails or the job ends.
 */
export function openConsole(
  transport: Transport & Partial<AsyncDisposable>,
  ctx: ActionContext,
  { settleMs, feedback }: OpenConsoleOptions = {},
): Console {
  const { journal, clock, log } = ctx;
  const namespace = feedback ?? ctx.namespace;
  const lines = new LineSplitter((line) =>
    feedback === undefined ? log.write("target", line) : log.write("feedback", line, feedback),
  );
  const console = new Console(transport, {
    window: windowOf(ctx),
    ...(settleMs === undefined ? {} : { settleMs }),
    onText(text) {
      journal.append({ type: "console", at: clock.now(), namespace, text });
      lines.push(text);
    },
  });
  ctx.job.consoles.set(namespace, console);
  ctx.cleanup.defer("close the console", async () => {
    ctx.job.consoles.delete(namespace, console);
    await console[Symbol.asyncDispose]();
    lines.flush();
    await transport[Symbol.asyncDispose]?.();
  });
  return console;
}
