import type { Clock } from "@basalt/core";
import { readPeople } from "../../people/read-rights.js";
import type { Person } from "../../people/rights.js";
import { looksLikeToken, sha256 } from "../../people/secrets.js";
import type { Store } from "../../store/store.js";

/** Who a token or a session cookie belongs to: remembered for seconds, since a client sends the same with every request. */
export interface KnownPeople {
  byToken(token: string): Promise<Person | undefined>;
  byCookie(cookie: string): Promise<Person | undefined>;
  /** People or their groups changed: everybody is looked up again. Other servers are told ({@link import("../forget-people.js").forgetPeople}). */
  forget(): void;
}

interface Options {
  readonly store: Store;
  readonly clock: Clock;
  readonly rememberMs: number;
}

const mostRemembered = 10_000;

export function makeKnownPeople({ store, clock, rememberMs }: Options): KnownPeople {
  const known = new Map<string, { readonly until: number; readonly person: Promise<Person | undefined> }>();

  function remember(kind: string, secret: string, find: (hash: Buffer) => Promise<Person | undefined>) {
    if (!looksLikeToken(secret)) return Promise.resolve(undefined);
    const hash = sha256(secret);
    const key = `${kind}${hash.toString("base64")}`;
    const found = known.get(key);
    if (found && clock.monotonic() < found.until) return found.person;
    if (known.size >= mostRemembered) known.clear();
    const person = find(hash);
    known.set(key, { until: clock.monotonic() + rememberMs, person });
    // what was wrong is not remembered: it may be made in the next moment, and made-up ones must not fill the memory
    person.then(
      (value) => value ?? known.delete(key),
      () => known.delete(key),
    );
    return person;
  }

  async function person(id: number): Promise<Person | undefined> {
    return (await readPeople(store.knex, [id])).get(id);
  }

  return {
    byToken: (token) =>
      remember("token ", token, async (hash) => {
        const row = await store
          .knex("tokens")
          .where({ sha256: hash })
          .first<{ id: number; user_id: number; last_used_on: Date | null } | undefined>(
            "id",
            "user_id",
            "last_used_on",
          );
        if (!row) return undefined;
        const minuteAgo = clock.now() - 60_000;
        if ((row.last_used_on?.getTime() ?? 0) < minuteAgo)
          await store
            .knex("tokens")
            .where({ id: row.id })
            .update({ last_used_on: new Date(clock.now()) });
        return person(row.user_id);
      }),
    byCookie: (cookie) =>
      remember("cookie ", cookie, async (hash) => {
        const row = await store
          .knex("sessions")
          .where({ sha256: hash })
          .where("expires_on", ">", new Date(clock.now()))
          .first<{ user_id: number } | undefined>("user_id");
        return row && person(row.user_id);
      }),
    forget: () => known.clear(),
  };
}
