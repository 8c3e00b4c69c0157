import type { Person } from "../../people/rights.js";

/** Who asks: a person, or somebody who is not logged in. `basalt admin` on the server's machine acts as a superuser named for the log. */
export type Asker = Person | undefined;

/** One part of a list. `count` is of all that match and may be seen. */
export interface Page<T> {
  readonly count: number;
  readonly items: readonly T[];
}

/** One comparison: `field__lookup=value` of LAVA's REST API, already split. Unknown fields and lookups are 400. */
export interface Filter {
  readonly field: readonly string[];
  readonly lookup: string;
  readonly value: string;
}

export interface ListQuery {
  readonly filters?: readonly Filter[];
  /** A field's name, `-` before it for descending. */
  readonly ordering?: string;
  /** 1 to 1,000; 50 by default. */
  readonly limit?: number;
  readonly offset?: number;
}
