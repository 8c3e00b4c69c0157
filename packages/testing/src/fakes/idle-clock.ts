import { subscribe } from "node:diagnostics_channel";
import type { Clock } from "@basalt/core";
import { FakeClock } from "./fake-clock.js";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Requests of this process's `fetch` that have not ended, by undici's own account (its DiagnosticsChannel). */
const inFlight = new Set<unknown>();
let changes = 0;
const requestOf = (message: unknown): unknown => (message as { readonly request: unknown }).request;
subscribe("undici:request:create", (message) => {
  changes++;
  inFlight.add(requestOf(message));
});
for (const end of ["undici:request:trailers", "undici:request:error"])
  subscribe(end, (message) => {
    changes++;
    inFlight.delete(requestOf(message));
  });

/** Timers of the system's own clock, which somebody waits for: a console is drained by it. */
const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
const timersOfOthers = timers();

/** Turns of the event loop, and milliseconds, in which nothing happened any more: the kernel may be late with a packet on loopback. */
const [quietTurns, quietMs] = [50, 5];

/** Resolves when no request is open, no timer of the system's runs, and neither `activity` nor a request has changed for a while. */
async function atRest(activity: () => number): Promise<void> {
  let seen = Number.NaN;
  let [since, turns] = [0, 0];
  for (;;) {
    const now = activity() + changes;
    const busy = inFlight.size > 0 || timers() > timersOfOthers;
    if (busy || now !== seen) [seen, since, turns] = [now, performance.now(), 0];
    else if (++turns >= quietTurns && performance.now() - since >= quietMs) return;
    await turn();
  }
}

/**
 * A clock that jumps to its next timer when nothing else is going on in this process: neither in memory, nor on the network, as far as
 * `fetch` and `activity` tell (what a server of the test's own saw so far, counted). However long a busy machine takes for that, nobody's
 * time is up before he had his say, as it is with a clock that is merely fast. Not for boards that are processes of their own.
 */
export const idleClock = (activity: () => number = () => 0): Clock =>
  new FakeClock({ autoAdvance: true, atRest: () => atRest(activity) });
