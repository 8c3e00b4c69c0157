import type { Clock, DaemonLog, JsonObject } from "@basalt/core";

/** Says what a peer did wrong once, however often it does it. */
export type Complain = (key: string, message: string, fields?: JsonObject) => void;

export interface ComplaintsOptions {
  readonly log: DaemonLog;
  readonly clock: Pick<Clock, "monotonic">;
  /** How long a complaint is not repeated; an hour if absent. */
  readonly quietMs?: number;
}

/** Different complaints in one quiet time: a peer that invents a new one each time must not fill the disk. */
const mostKeys = 500;

/** Warnings that come once per key and hour, then with the count of those left out. Memory and log are bounded, whatever the peers invent. */
export function makeComplaints({ log, clock, quietMs = 3_600_000 }: ComplaintsOptions): Complain {
  const said = new Map<string, { readonly at: number; more: number }>();
  let overflow = Number.NEGATIVE_INFINITY;
  /** Whether there is room for one more; old ones go first. */
  const hasRoom = (now: number): boolean => {
    for (const [key, { at }] of said) {
      if (now - at < quietMs) break;
      said.delete(key);
    }
    return said.size < mostKeys;
  };
  return (key, message, fields) => {
    const before = said.get(key);
    const now = clock.monotonic();
    if (before && now - before.at < quietMs) {
      before.more++;
      return;
    }
    said.delete(key); // the order is that of `at`
    if (hasRoom(now)) {
      said.set(key, { at: now, more: 0 });
      log.warning(before?.more ? `${message} (${before.more} more like this before)` : message, fields);
    } else if (now - overflow >= quietMs) {
      overflow = now;
      log.warning("too many different complaints about peers: more are left out for a while");
    }
  };
}
