import { systemClock } from "@basalt/core";
import type { Store } from "@basalt/server";
import type { Io } from "../../../io.js";
import { type Finding, ok, problem } from "./finding.js";

/** Beyond this, tokens, pings and time-outs go by wrong times. */
const farthestMs = 5_000;

/** This machine's clock against the database's: both write times into the same tables. */
export async function checkClock(store: Store, { clock = systemClock }: Io): Promise<readonly Finding[]> {
  const before = clock.now();
  const { rows } = await store.knex.raw("select clock_timestamp() as now");
  const after = clock.now();
  const theirs = (rows[0] as { now: Date }).now.getTime();
  const off = theirs < before ? theirs - before : Math.max(0, theirs - after);
  const seconds = (Math.abs(off) / 1_000).toFixed(1);
  if (Math.abs(off) <= farthestMs) return [ok("clock", "this machine's is that of the database")];
  return [
    problem(
      "clock",
      `the database's is ${seconds} s ${off > 0 ? "ahead of" : "behind"} this machine's`,
      "let both follow a time server (timedatectl set-ntp true)",
    ),
  ];
}
