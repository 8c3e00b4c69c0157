import type { Knex } from "knex";
import { writeNotes } from "../../jobs/log-entries.js";
import { notifyPeople } from "../../jobs/notify.js";
import { isUniqueViolation } from "../../store/errors.js";
import { badRequest, conflict } from "../../submit/refusals.js";
import { exists, given, missing, mustBeKnown, mustBeName, mustBeSuperuser } from "../access.js";
import type { Context } from "../context.js";
import type { GroupChanges, PeopleService } from "../types.js";
import type { KnownPeople } from "./known-people.js";
import { mustBePermission } from "./users.js";

type Groups = Pick<PeopleService, "groups" | "addGroup" | "updateGroup" | "removeGroup">;

export function makeGroups({ store, rights }: Context, known: KnownPeople): Groups {
  return {
    /** Superusers see all, others their own. */
    async groups(asker) {
      const person = mustBeKnown(asker, "listing groups");
      const { rows } = await store.knex.raw(
        `select g.id, g.name,
           array(select u.username from user_groups ug join users u on u.id = ug.user_id where ug.group_id = g.id order by 1) as users,
           array(select p.codename from group_permissions p where p.group_id = g.id order by 1) as permissions
         from groups g where ? or g.id = any(?::int[]) order by g.name`,
        [person.isSuperuser, [...person.groups]],
      );
      return rows as Awaited<ReturnType<PeopleService["groups"]>>;
    },
    async addGroup(asker, name, changes = {}) {
      const person = mustBeSuperuser(asker, `adding group ${name}`);
      mustBeName("group", name);
      try {
        await store.transaction(async (trx) => {
          const [row] = (await trx("groups").insert({ name }).returning("id")) as { id: number }[];
          if (row) await setBelongings(trx, row.id, changes);
          await writeNotes(trx, person.username, [{ kind: "group", object: name, message: "Added" }]);
          await notifyPeople(trx);
        });
        known.forget();
      } catch (error) {
        throw isUniqueViolation(error, "groups_name_key") ? exists("group", name) : error;
      }
    },
    async updateGroup(asker, name, changes) {
      const person = mustBeSuperuser(asker, `changing group ${name}`);
      await store.transaction(async (trx) => {
        const group = await trx("groups").where({ name }).first<{ id: number } | undefined>("id");
        if (!group) throw missing("group", name);
        await setBelongings(trx, group.id, changes);
        const what = Object.keys(given(changes)).join(", ");
        await writeNotes(trx, person.username, [{ kind: "group", object: name, message: `Changed ${what}` }]);
        await notifyPeople(trx);
      });
      known.forget();
    },
    async removeGroup(asker, name) {
      const person = mustBeSuperuser(asker, `removing group ${name}`);
      await store.transaction(async (trx) => {
        // a job that only the group may see would be everybody's without it: its is_public is false, so it becomes its submitter's alone
        const group = await trx("groups").where({ name }).forUpdate().first<{ id: number } | undefined>("id");
        if (!group) throw missing("group", name);
        // what only this group may see or use would be everybody's without it (spec 5.3, the inverse rule)
        const right = await trx("object_permissions")
          .where({ group_id: group.id })
          .first<{ kind: string; object: string } | undefined>("kind", "object");
        if (right)
          throw conflict(
            "ERR_IN_USE",
            `group ${name} has rights, such as on ${right.kind} ${right.object}, which would be open to everybody without it: revoke them first`,
          );
        await trx("groups").where({ id: group.id }).delete();
        await writeNotes(trx, person.username, [{ kind: "group", object: name, message: "Removed" }]);
        await notifyPeople(trx);
      });
      known.forget();
      rights.forget();
    },
  };
}

async function setBelongings(trx: Knex.Transaction, group_id: number, { users, permissions }: GroupChanges) {
  if (users) {
    const names = [...new Set(users)];
    const rows = (await trx("users").whereIn("username", names).select("id", "username")) as {
      id: number;
      username: string;
    }[];
    const unknown = names.filter((username) => !rows.some((row) => row.username === username));
    if (unknown.length > 0)
      throw badRequest("ERR_UNKNOWN_REFERENCE", `users: there is no user ${unknown.join(", ")} here`, {
        details: { field: "users" },
      });
    await trx("user_groups").where({ group_id }).delete();
    if (rows.length > 0) await trx("user_groups").insert(rows.map((row) => ({ user_id: row.id, group_id })));
  }
  if (permissions) {
    await trx("group_permissions").where({ group_id }).delete();
    const codenames = [...new Set(permissions)].map(mustBePermission);
    if (codenames.length > 0)
      await trx("group_permissions").insert(codenames.map((codename) => ({ group_id, codename })));
  }
}
