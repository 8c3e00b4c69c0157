import type { Clock } from "../clock.js";
import { isBasaltError } from "../errors.js";
import type { Console } from "./console.js";
import type { ConsoleMatch } from "./console-types.js";
import { compilePattern, type Pattern } from "./regex/pattern.js";

/** A kind of trouble that a kernel reports on its console. */
export interface KernelMessageKind {
  /** Recorded with the message; `trace` is told apart further by its text. */
  readonly kind: string;
  readonly start: Pattern;
  /** Ends at a `\r`: what strips carriage returns from the console breaks it. */
  readonly end: Pattern;
  /** The device is dead or starting again: the job fails. */
  readonly fatal: boolean;
}

const row = (kind: string, start: string, end: string, fatal = false): KernelMessageKind =>
  Object.freeze({
    kind,
    start: compilePattern(start),
    get end() {
      return compilePattern(end);
    },
    fatal,
  });

/** What is watched for from the kernel's first line on, in LAVA's order (spec 3.10). */
export const kernelMessages: readonly KernelMessageKind[] = Object.freeze([
  row("trace", "-\\[ cut here \\]", "-+\\[ end trace \\w* \\]-+[^\\n]*\\r"),
  row("fault", "Unhandled fault", "\\r"),
  row("kcsan", "BUG: KCSAN:", "=+\\r"),
  row("kasan", "BUG: KASAN:", "=+\\r"),
  row("kfence", "BUG: KFENCE:", "=+\\r"),
  row("oops", "Oops(?: -|:)", "\\r"),
  row("warning", "WARNING:", "end trace[^\\r]*\\r"),
  row("bug", "(kernel BUG at|BUG:)", "\\r"),
  row("invalid opcode", "invalid opcode:", "\\r"),
  row("panic", "Kernel panic - not syncing", "end Kernel panic[^\\r]*\\r", true),
  row("DUT_has_reset", "U-Boot SPL 20[0-9][0-9]", "\\r", true),
]);

/** The starts of all kernel messages, to stand first in an `expect`: index n is `kernelMessages[n]`. */
export const kernelPatterns: readonly Pattern[] = Object.freeze(kernelMessages.map(({ start }) => start));

/** A message of the kernel, as LAVA records it. */
export interface KernelMessage {
  readonly kind: string;
  readonly message: string;
  readonly fatal: boolean;
  /** False when the end did not come in time, or something else came first: `message` is what was there. */
  readonly complete: boolean;
}

export interface ReadKernelMessageOptions {
  readonly signal: AbortSignal;
  /** How long the end may take; the message counts from its start on. Default 1000. */
  readonly withinMs?: number;
  readonly clock?: Clock;
  /** Never swallowed in search of an end that may not come: prompts, signals of the test shell. */
  readonly keep?: readonly (string | Pattern)[];
}

/** Characters of a message that are kept. */
const longestMessage = 32_768;

/** What a trace is about, by its words. */
function traceKind(message: string): string {
  if (message.includes("Oops")) return "oops";
  if (message.includes("BUG")) return "bug";
  return message.includes("WARNING") ? "warning" : "unknown";
}

/**
 * Reads the rest of a kernel message whose start an `expect` has matched as `kernelMessages[index]`. A complete message is
 * consumed. Otherwise nothing is: when the end does not come within `withinMs`, when one of `keep` comes first, or when the
 * connection closes, the text stays for the next `expect`. So a panic without end marker is known after a second.
 */
export async function readKernelMessage(
  console: Console,
  start: { readonly index: number; readonly text: string },
  options: ReadKernelMessageOptions,
): Promise<KernelMessage | undefined> {
  const found = kernelMessages[start.index];
  if (!found) return undefined;
  const { signal, clock, withinMs = 1000, keep = [] } = options;
  const rest = await readTo(console, [found.end, ...keep], { signal, timeoutMs: withinMs, ...(clock && { clock }) });
  const complete = rest?.index === 0;
  if (complete) await console.expect([found.end], { signal });
  const tail = rest ? rest.before + (complete ? rest.text : "") : console.peek(longestMessage);
  const message = (start.text + tail).slice(0, longestMessage).replaceAll("\r", "").trim();
  const kind = found.kind === "trace" ? traceKind(message) : found.kind;
  return { kind, message, fatal: found.fatal, complete };
}

async function readTo(
  console: Console,
  patterns: readonly (string | Pattern)[],
  options: { readonly signal: AbortSignal; readonly timeoutMs: number; readonly clock?: Clock },
): Promise<ConsoleMatch | undefined> {
  try {
    return await console.expect(patterns, { ...options, consume: false });
  } catch (error) {
    const without = ["ERR_CONSOLE_TIMEOUT", "ERR_CONNECTION_CLOSED"];
    if (isBasaltError(error) && without.includes(error.code) && !options.signal.aborted) return undefined;
    throw error;
  }
}
