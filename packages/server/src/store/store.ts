import type { Knex } from "knex";
import type { Listen } from "./listen.js";
import type { Patience } from "./patience.js";
import type { RunTransaction } from "./transaction.js";

/** How the pool of connections stands now. */
export interface PoolFacts {
  /** Connections it may open at most. */
  readonly max: number;
  readonly used: number;
  readonly free: number;
  /** Queries and transactions that wait for a connection. */
  readonly waiting: number;
}

/** The database, open and migrated. Queries go through `knex`; what changes several rows goes through `transaction`. */
export interface Store extends AsyncDisposable, Patience {
  readonly knex: Knex;
  /** Where it is, for messages: without the password. */
  readonly url: string;
  /** With the password: for the environment of a process of ours, never for a log. */
  readonly secretUrl: string;
  /** `embedded`: PostgreSQL of our own in the state folder. */
  readonly kind: "embedded" | "external";
  /** As the server says it, such as `18.4`. */
  readonly serverVersion: string;
  pool(): PoolFacts;
  /**
   * Runs `work` in a transaction, again after a serialization failure or a deadlock (`work` must not have effects outside the
   * database). Other errors of the database pass as they are; a lost connection is `ERR_DATABASE_CONNECTION`, and nobody knows then whether the
   * commit was done.
   */
  readonly transaction: RunTransaction;
  /** As `transaction`, holding the lock of that name until the end: one at a time among all servers of this database. */
  withAdvisoryLock<T>(key: string, work: (trx: Knex.Transaction) => Promise<T>): Promise<T>;
  /** As {@link withAdvisoryLock}, but does nothing and says `taken: false` where somebody holds the lock. */
  tryAdvisoryLock<T>(
    key: string,
    work: (trx: Knex.Transaction) => Promise<T>,
  ): Promise<{ readonly taken: true; readonly value: T } | { readonly taken: false }>;
  readonly listen: Listen;
  /** Sent when the transaction commits, to every server that listens. At most 7,999 bytes of payload. */
  notify(trx: Knex.Transaction | Knex, channel: string, payload: string): Promise<void>;
  /** Ends the connections; an embedded PostgreSQL is stopped. */
  close(): Promise<void>;
}
