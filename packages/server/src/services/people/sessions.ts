import { notifyPeople } from "../../jobs/notify.js";
import { passwordAuthenticator } from "../../people/authenticator.js";
import { makeLoginLimits } from "../../people/login-limits.js";
import { newToken, sha256 } from "../../people/secrets.js";
import type { Context } from "../context.js";
import type { PeopleService } from "../types.js";
import type { KnownPeople } from "./known-people.js";

const dayMs = 86_400_000;

/** Log-in and log-out. The table has only hashes of cookies. */
export function makeSessions(
  { store, clock, log, settings }: Context,
  known: KnownPeople,
): Pick<PeopleService, "logIn" | "logOut" | "byCookie" | "byToken"> {
  const authenticator = settings.authenticator ?? passwordAuthenticator(store);
  const limits = settings.loginLimits ?? makeLoginLimits();
  const sessionMs = (settings.sessionDays ?? 14) * dayMs;
  return {
    async logIn(username, password, { address }) {
      await limits.take(address, username);
      const person = await authenticator.authenticate(username, password);
      if (!person) {
        log.warning("a log-in was refused", { username: username.slice(0, 200), address });
        return undefined;
      }
      await limits.succeeded(address, username);
      const cookie = newToken();
      const now = clock.now();
      await store.transaction(async (trx) => {
        await trx("sessions").where("expires_on", "<", new Date(now)).delete();
        await trx("sessions").insert({
          sha256: sha256(cookie),
          user_id: person.id,
          created_on: new Date(now),
          expires_on: new Date(now + sessionMs),
        });
        await trx("users")
          .where({ id: person.id })
          .update({ last_login: new Date(now) });
      });
      return { person, cookie };
    },
    async logOut(cookie) {
      await store.transaction(async (trx) => {
        await trx("sessions")
          .where({ sha256: sha256(cookie) })
          .delete();
        await notifyPeople(trx);
      });
      known.forget();
    },
    byCookie: known.byCookie,
    byToken: known.byToken,
  };
}
