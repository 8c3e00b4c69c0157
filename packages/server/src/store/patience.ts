import { AsyncLocalStorage } from "node:async_hooks";
import type { Clock } from "@basalt/core";
import type { Knex } from "knex";
import { addressFacts, type DatabaseAddress } from "./address.js";
import { connectError, noConnection } from "./errors.js";

/** How long those wait for a connection who ask while the database is away; the others wait as long as the pool lets them. */
export interface Patience {
  /** Runs `work` for somebody who does not wait long: a second after it asked, it is refused (`ERR_DATABASE_CONNECTION`). */
  briefly<T>(work: () => Promise<T>): Promise<T>;
  /** From now on nobody waits long, nor does who waits already: the program ends. */
  hurry(): void;
}

const briefMs = 1_000;
const waiting = "waiting for a connection to the database";

/** What is used of tarn's pool, which knex has. */
interface Pool {
  readonly max: number;
  acquire(): Acquire;
  on(event: "createFail", listener: (id: number, error: unknown) => void): void;
  on(event: "createSuccess", listener: () => void): void;
}

interface Acquire {
  promise: Promise<unknown>;
  reject(error: Error): void;
}

/**
 * Watches a pool's attempts to connect: while they fail, the database is away. A pool that is only full is waited for by everybody. What is refused here
 * was not begun, so nothing of it is done later.
 */
export function watchPool(knex: Knex, { address, clock }: { address: DatabaseAddress; clock: Clock }): Patience {
  const pool = knex.client.pool as Pool;
  const inBrief = new AsyncLocalStorage<true>();
  const asked = new Map<Acquire, { readonly at: number; readonly brief: boolean }>();
  let failure: { readonly error: unknown } | undefined;
  let hurried = false;

  const refuse = (): void => {
    if (!failure) return;
    const now = clock.monotonic();
    for (const [acquire, { at, brief }] of asked)
      if ((brief || hurried) && now - at >= briefMs) acquire.reject(connectError(failure.error, address, waiting));
  };
  pool.on("createFail", (_id, error) => {
    failure = { error };
    refuse(); // the pool tries again many times a second while somebody waits
  });
  pool.on("createSuccess", () => {
    failure = undefined;
  });

  const inWords = (error: unknown): Error => {
    if (!(error instanceof Error) || error.constructor.name !== "TimeoutError") return error as Error;
    return failure
      ? connectError(failure.error, address, waiting)
      : noConnection(pool.max, { cause: error, details: addressFacts(address) });
  };
  const acquire = pool.acquire.bind(pool);
  pool.acquire = () => {
    const one = acquire();
    asked.set(one, { at: clock.monotonic(), brief: inBrief.getStore() ?? false });
    one.promise = one.promise
      .catch((error: unknown) => {
        throw inWords(error);
      })
      .finally(() => asked.delete(one));
    return one;
  };
  return {
    // queries begin when they are waited for: here, not where the result is
    briefly: (work) => inBrief.run(true, async () => await work()),
    hurry() {
      hurried = true;
      refuse();
    },
  };
}
