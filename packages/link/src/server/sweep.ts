import type { Clock, DaemonLog } from "@basalt/core";
import type { KeyFolder } from "../keys/key-folder.js";
import type { LinkSession, SessionTable } from "./session-table.js";

export interface SweepOptions {
  readonly table: SessionTable;
  readonly clock: Pick<Clock, "monotonic">;
  readonly log: DaemonLog;
  readonly goneAfterMs: number;
  readonly folder: KeyFolder | undefined;
  readonly closed: (session: LinkSession, why: "silent") => void;
}

/** Connections that never said who they are, were replaced or cut off are forgotten after this. */
const unverifiedForMs = 30_000;

/** What is done each second: who is silent is forgotten, keys are looked at. */
export function makeSweep({ table, clock, log, goneAfterMs, folder, closed }: SweepOptions): () => void {
  let sweeps = 0;
  return () => {
    const now = clock.monotonic();
    for (const entry of [...table.entries]) {
      const { session, state } = entry;
      if (now - entry.heardAt <= (state === "open" ? goneAfterMs : unverifiedForMs)) continue;
      table.remove(entry);
      if (state !== "open" || !session) continue;
      log.warning(`worker ${session.name} has said nothing for ${goneAfterMs / 1000} s`, { worker: session.name });
      closed(session, "silent");
    }
    // beside watching, which can miss a change: a stat each second, the files themselves now and then
    if (sweeps++ % 30 === 0) void folder?.refresh();
    else void folder?.refreshIfTouched();
  };
}
