import type { Clock } from "@basalt/core";
import type { Knex } from "knex";
import type { DatabaseAddress } from "./address.js";
import { connectError, isConnectionLoss, isRetryable } from "./errors.js";

export interface TransactionOptions {
  readonly isolation?: Knex.IsolationLevels;
  /** Tries in all. */
  readonly attempts?: number;
}

export type RunTransaction = <T>(
  work: (trx: Knex.Transaction) => Promise<T>,
  options?: TransactionOptions,
) => Promise<T>;

const defaultAttempts = 10;
const longestPauseMs = 500;

/** Transactions that collided meet again unless their pauses differ: a random part of a growing span. */
const pauseMs = (attempt: number): number => Math.random() * Math.min(5 * 2 ** attempt, longestPauseMs);

/** See {@link import("./store.js").Store.transaction}. */
export function makeTransaction(knex: Knex, clock: Clock, address: DatabaseAddress): RunTransaction {
  const { signal } = new AbortController();
  return async (work, { isolation, attempts = defaultAttempts } = {}) => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await knex.transaction(work, isolation === undefined ? {} : { isolationLevel: isolation });
      } catch (error) {
        if (isConnectionLoss(error)) throw connectError(error, address, "a transaction on");
        if (!isRetryable(error) || attempt >= attempts) throw error;
        await clock.sleep(pauseMs(attempt), { signal });
      }
    }
  };
}
