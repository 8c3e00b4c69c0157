import type { Clock } from "../clock.js";
import type { Journal, LogLevel } from "../journal/journal.js";

/** Writes LAVA's log lines to the journal. */
export interface Log {
  debug(message: string): void;
  info(message: string): void;
  warning(message: string): void;
  error(message: string): void;
  /** Any level; `namespace` is the `ns` of feedback lines. */
  write(level: LogLevel, message: string, namespace?: string): void;
}

/** A log over a journal. */
export function makeLog(journal: Journal, clock: Clock): Log {
  const write = (level: LogLevel, message: string, namespace?: string): void =>
    journal.append({ type: "log", at: clock.now(), level, message, ...(namespace === undefined ? {} : { namespace }) });
  return {
    write,
    debug: (message) => write("debug", message),
    info: (message) => write("info", message),
    warning: (message) => write("warning", message),
    error: (message) => write("error", message),
  };
}
