import type { LogEntryRow } from "../store/rows.js";

/** A line for the admin log of an object. */
export interface Note {
  readonly kind: LogEntryRow["kind"];
  readonly object: string;
  readonly message: string;
}

/** `Good → Bad (why)` */
export const changed = (from: string, to: string, why?: string): string =>
  `${from} → ${to}${why === undefined || why === "" ? "" : ` (${why})`}`;
