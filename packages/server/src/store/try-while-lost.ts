import type { Clock } from "@basalt/core";
import { isConnectionLoss } from "./errors.js";
import type { StoreLog } from "./log.js";

/** A killed PostgreSQL of our own runs again after a second, unless its recovery is long. */
const longestMs = 60_000;
const pauseMs = 100;

/**
 * Does what may be done twice on a database. If that is killed meanwhile it is being started again (our own PostgreSQL is): so is the work.
 * @throws what the work throws, if it isn't the loss of the database, or if it still is after a minute
 */
export async function tryWhileItIsLost<T>(
  work: () => Promise<T>,
  { clock, log }: { readonly clock: Clock; readonly log: StoreLog },
): Promise<T> {
  const { signal } = new AbortController();
  for (const until = clock.monotonic() + longestMs; ; ) {
    try {
      return await work();
    } catch (error) {
      if (!isConnectionLoss(error) || clock.monotonic() >= until) throw error;
      log.warning("PostgreSQL went away while the database was opened; trying again");
      await clock.sleep(pauseMs, { signal });
    }
  }
}
