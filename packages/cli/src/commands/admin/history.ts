import type { LogEntryRow } from "@basalt/server";
import { moment, type Output } from "./output.js";

/** Who changed what, newest first. */
export const showHistory = (out: Output, entries: readonly LogEntryRow[]): Promise<void> =>
  out.list(entries, {
    at: ({ at }) => moment(at),
    by: ({ author }) => author,
    what: ({ message }) => message,
  });
