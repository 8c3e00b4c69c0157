import type { Clock } from "@basalt/core";
import { readRights } from "../people/read-rights.js";
import type { Rights } from "../people/rights.js";
import type { Store } from "../store/store.js";

/** Changes are told by NOTIFY ({@link import("./forget-people.js").forgetPeople}); this is for when the listening connection is away. */
const keepMs = 1_000;

/** The rights as they stand: read once a second at most, since every request asks. */
export interface RightsCache {
  now(): Promise<Rights>;
  forget(): void;
}

export function makeRightsCache(store: Store, clock: Pick<Clock, "monotonic">): RightsCache {
  let known: { readonly until: number; readonly rights: Promise<Rights> } | undefined;
  return {
    now() {
      if (!known || clock.monotonic() >= known.until) {
        const rights = readRights(store.knex);
        known = { until: clock.monotonic() + keepMs, rights };
        const mine = known;
        rights.catch(() => {
          if (known === mine) known = undefined;
        });
      }
      return known.rights;
    },
    forget() {
      known = undefined;
    },
  };
}
