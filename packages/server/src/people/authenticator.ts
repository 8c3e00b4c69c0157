import type { Store } from "../store/store.js";
import { passwordMatches } from "./passwords.js";
import { readPeople } from "./read-rights.js";
import type { Person } from "./rights.js";

/** Finds out who somebody is. Passwords of our own now; LDAP and OIDC can come in its place or before it. */
export interface Authenticator {
  /** The person; undefined where name and password don't belong together, or the person is not active. */
  authenticate(username: string, password: string): Promise<Person | undefined>;
}

/** Longer ones are not hashed: they only cost time. */
const longestPassword = 1_000;

/** Asks each in turn; the first that knows the person wins. */
export const firstOf = (authenticators: readonly Authenticator[]): Authenticator => ({
  async authenticate(username, password) {
    for (const authenticator of authenticators) {
      const person = await authenticator.authenticate(username, password);
      if (person) return person;
    }
    return undefined;
  },
});

/** Passwords of the table `users`. */
export const passwordAuthenticator = (store: Store): Authenticator => ({
  async authenticate(username, password) {
    if (password.length > longestPassword) return undefined;
    const row = await store
      .knex("users")
      .where({ username, is_active: true })
      .first<{ id: number; password_hash: string | null } | undefined>("id", "password_hash");
    if (!(await passwordMatches(row?.password_hash, password)) || !row) return undefined;
    return (await readPeople(store.knex, [row.id])).get(row.id);
  },
});
