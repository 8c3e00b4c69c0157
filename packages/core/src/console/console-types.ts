import type { Clock } from "../clock.js";
import type { Pattern } from "./regex/pattern.js";

/** Hears everything on the line as it happens, also while nobody waits for anything. */
export interface ConsoleListener {
  /** Text from the device, decoded as UTF-8 with U+FFFD for bad bytes, cut anywhere but inside a character. */
  onText?(text: string): void;
  /** Text sent to the device. */
  onSent?(text: string): void;
}

export interface ConsoleOptions extends ConsoleListener {
  /** Characters; the search window is twice that (LAVA: `spawn_maxread`). Default 4092. */
  readonly window?: number;
  /** Most searched but unmatched characters kept for `before`. Default 1 Mi. */
  readonly scrollback?: number;
  /** Most characters kept that no `expect` has looked at yet; the oldest go first. Default 16 Mi. */
  readonly backlog?: number;
  /** How long the line must be quiet before a match that more text could change counts. Default 30 ms. */
  readonly settleMs?: number;
  /** Sent behind every line. Default `\n`. */
  readonly lineSeparator?: string;
}

export interface ExpectOptions {
  readonly signal: AbortSignal;
  /** Then ERR_CONSOLE_TIMEOUT. Without it only the signal ends the wait. */
  readonly timeoutMs?: number;
  /** False leaves the text where it is, so that the next `expect` sees it again. Default true. */
  readonly consume?: boolean;
  /** Measures `timeoutMs`. */
  readonly clock?: Clock;
}

/** What `expect` found. */
export interface ConsoleMatch {
  /** Place in the list of patterns. */
  readonly index: number;
  readonly pattern: string | Pattern;
  readonly text: string;
  /** What came between the last match and this one, at most the scrollback. */
  readonly before: string;
  /** Characters at the beginning of `before` that were too many to keep. */
  readonly droppedBefore: number;
  /** Group n at index n-1; undefined where it took no part. */
  readonly groups: readonly (string | undefined)[];
  readonly named: Readonly<Record<string, string | undefined>>;
}
