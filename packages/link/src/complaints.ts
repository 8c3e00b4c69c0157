import type { Clock, DaemonLog, JsonObject } from "@basalt/core";

/** Says what a peer did wrong once, however often it does it. */
export type Complain = (key: string, message: string, fields?: JsonObject) => void;

export interface ComplaintsOptions {
  readonly log: DaemonLog;
  readonly clock: Pick<Clock, "monotonic">;
  /** How long a complaint is not repeated; an hour if absent. */
  readonly quietMs?: number;
}

const mostKeys = 1_000;

/** Warnings that come once per key and hour, then with the count of those left out. Memory is bounded, whatever the peers invent. */
export function makeComplaints({ log, clock, quietMs = 3_600_000 }: ComplaintsOptions): Complain {
  const said = new Map<string, { readonly at: number; more: number }>();
  return (key, message, fields) => {
    const before = said.get(key);
    const now = clock.monotonic();
    if (before && now - before.at < quietMs) {
      before.more++;
      return;
    }
    said.delete(key);
    const oldest = said.size >= mostKeys ? said.keys().next().value : undefined;
    if (oldest !== undefined) said.delete(oldest);
    said.set(key, { at: now, more: 0 });
    log.warning(before?.more ? `${message} (${before.more} more like this before)` : message, fields);
  };
}
