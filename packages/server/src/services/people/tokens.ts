import { writeNotes } from "../../jobs/log-entries.js";
import { notifyPeople } from "../../jobs/notify.js";
import { healthUser, type Person } from "../../people/rights.js";
import { newToken, sha256 } from "../../people/secrets.js";
import { badRequest } from "../../submit/refusals.js";
import { missing, mustBeKnown } from "../access.js";
import type { Context } from "../context.js";
import type { Asker, PeopleService } from "../types.js";
import type { KnownPeople } from "./known-people.js";

type Tokens = Pick<PeopleService, "tokens" | "addToken" | "removeToken">;

const longestDescription = 200;

export function makeTokens({ store }: Context, known: KnownPeople): Tokens {
  /** The asker, or for superusers anybody. */
  async function owner(asker: Asker, username: string | undefined, doing: string) {
    const person: Person = mustBeKnown(asker, doing);
    const name = username ?? person.username;
    if (name !== person.username && !person.isSuperuser) throw missing("user", name);
    const row = await store
      .knex("users")
      .where({ username: name })
      .first<{ id: number; username: string } | undefined>("id", "username");
    if (!row) throw missing("user", name);
    return { ...row, by: person.username };
  }

  return {
    async tokens(asker, username) {
      const { id } = await owner(asker, username, "listing tokens");
      return store
        .knex("tokens")
        .where({ user_id: id })
        .orderBy("id")
        .select("id", "description", "created_on", "last_used_on");
    },
    async addToken(asker, { username, description }) {
      const user = await owner(asker, username, "adding a token");
      if (user.username === healthUser)
        throw badRequest("ERR_TOKEN", `${healthUser} can't log in, so it has no tokens`);
      if (description.length > longestDescription)
        throw badRequest("ERR_TOKEN", `description: ${longestDescription} characters at most`, {
          details: { field: "description" },
        });
      const token = newToken();
      const id = await store.transaction(async (trx) => {
        const [row] = (await trx("tokens")
          .insert({ user_id: user.id, sha256: sha256(token), description })
          .returning("id")) as { id: number }[];
        await writeNotes(trx, user.by, [
          { kind: "token", object: String(row?.id), message: `Added for ${user.username}` },
        ]);
        return row?.id ?? 0;
      });
      return { id, token };
    },
    async removeToken(asker, id) {
      const person = mustBeKnown(asker, "removing a token");
      await store.transaction(async (trx) => {
        const mine = person.isSuperuser ? { id } : { id, user_id: person.id };
        if ((await trx("tokens").where(mine).delete()) === 0) throw missing("token", id);
        await writeNotes(trx, person.username, [{ kind: "token", object: String(id), message: "Removed" }]);
        await notifyPeople(trx);
      });
      known.forget();
    },
  };
}
