import { systemClock } from "@basalt/core";
import { demand } from "./contract-check.js";

/** How long a driver may take to stop once its signal aborts, in milliseconds. */
const graceMs = 2_000;

/** What `call` rejects with; undefined where it resolves. */
export const failure = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => undefined,
    (error: unknown) => error ?? new Error("rejected with nothing"),
  );

/** What `call` rejects with, which must be soon. */
export async function endsSoon(call: Promise<unknown>, what: string): Promise<unknown> {
  const stop = new AbortController();
  const late = systemClock.sleep(graceMs, { signal: stop.signal }).then(
    () => "late" as const,
    () => undefined,
  );
  const ended = await Promise.race([failure(call).then((error) => ({ error })), late]);
  stop.abort();
  demand(typeof ended === "object", `${what} goes on ${graceMs / 1000} s after its signal aborted`);
  demand(ended.error !== undefined, `${what} resolved, as if all were well`);
  return ended.error;
}
