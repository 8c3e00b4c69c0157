import type { JournalEvent, LogLevel, ResultRecord } from "./journal.js";

/** One line of LAVA's log. Key order counts: dt, lvl, msg, ns. */
export interface LogRecord {
  /** ISO 8601, UTC with offset, microseconds left out when zero. */
  readonly dt: string;
  readonly lvl: LogLevel;
  readonly msg: string | ResultRecord;
  readonly ns?: string;
}

let lastMs = Number.NaN;
let lastText = "";

/** A time as Python's `isoformat()` prints it in UTC. */
export function isoTime(ms: number): string {
  if (ms === lastMs) return lastText;
  const iso = new Date(ms).toISOString();
  const millis = iso.slice(20, 23);
  lastMs = ms;
  lastText = millis === "000" ? `${iso.slice(0, 19)}+00:00` : `${iso.slice(0, 19)}.${millis}000+00:00`;
  return lastText;
}

/** The LAVA log record of an event; undefined for events that LAVA's log does not carry. */
export function toLogRecord(event: JournalEvent): LogRecord | undefined {
  if (event.type === "result") return { dt: isoTime(event.at), lvl: "results", msg: event.result };
  if (event.type !== "log") return undefined;
  const { at, level, message, namespace } = event;
  return { dt: isoTime(at), lvl: level, msg: message, ...(namespace === undefined ? {} : { ns: namespace }) };
}
