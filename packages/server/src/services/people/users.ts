import type { Knex } from "knex";
import { writeNotes } from "../../jobs/log-entries.js";
import { notifyPeople } from "../../jobs/notify.js";
import { hashPassword, shortestPassword } from "../../people/passwords.js";
import { healthUser } from "../../people/rights.js";
import { newPassword } from "../../people/secrets.js";
import { isUniqueViolation } from "../../store/errors.js";
import { badRequest, conflict } from "../../submit/refusals.js";
import { exists, given, missing, mustBe, mustBeKnown, mustBeName, mustBeSuperuser } from "../access.js";
import type { Context } from "../context.js";
import { type Listing, readPage } from "../page.js";
import { allOf, always, sql } from "../sql.js";
import type { Asker, PeopleService, UserChanges, UserView } from "../types.js";
import type { KnownPeople } from "./known-people.js";

const listing: Listing = {
  from: "users",
  select: `users.id, users.username, users.first_name, users.last_name, users.email, users.is_active, users.is_staff, users.is_superuser,
    users.date_joined, users.last_login,
    array(select g.name from user_groups ug join groups g on g.id = ug.group_id where ug.user_id = users.id order by g.name) as groups,
    array(select p.codename from user_permissions p where p.user_id = users.id order by p.codename) as permissions`,
  fields: {
    id: { type: "number", column: "users.id" },
    username: { type: "text", column: "users.username" },
    email: { type: "text", column: "users.email" },
    is_active: { type: "boolean", column: "users.is_active" },
    is_staff: { type: "boolean", column: "users.is_staff" },
    is_superuser: { type: "boolean", column: "users.is_superuser" },
    groups__name: {
      type: "text",
      column: "g.name",
      any: "exists (select 1 from user_groups ug join groups g on g.id = ug.group_id where ug.user_id = users.id and %)",
    },
  },
  orderings: {
    id: "users.id",
    username: "users.username",
    date_joined: "users.date_joined",
    last_login: "users.last_login",
  },
  ordering: "username",
  tieBreak: "users.id",
};

/** What people may change about themselves. */
const own = new Set(["first_name", "last_name", "email", "password"]);

type Users = Pick<PeopleService, "users" | "user" | "addUser" | "updateUser" | "removeUser">;

export function makeUsers({ store }: Context, known: KnownPeople): Users {
  async function find(asker: Asker, username: string): Promise<UserView> {
    const person = mustBeKnown(asker, `looking at user ${username}`);
    if (!person.isSuperuser && person.username !== username) throw missing("user", username);
    const where = sql("users.username = ?", username);
    const { items } = await readPage<UserView>(store.knex, listing, { query: { limit: 1 }, where });
    if (!items[0]) throw missing("user", username);
    return items[0];
  }

  return {
    users(asker, query) {
      const person = mustBeKnown(asker, "listing users");
      const where = allOf([person.isSuperuser ? always : sql("users.id = ?", person.id)]);
      return readPage<UserView>(store.knex, listing, { query, where });
    },
    user: find,
    async addUser(asker, username, changes) {
      const person = mustBeSuperuser(asker, `adding user ${username}`);
      mustBeName("user", username);
      const password = changes.password ?? newPassword();
      const columns = await userColumns(username, { ...changes, password });
      try {
        await store.transaction(async (trx) => {
          const [row] = (await trx("users")
            .insert({ username, ...columns })
            .returning("id")) as { id: number }[];
          if (row) await setBelongings(trx, row.id, changes);
          await writeNotes(trx, person.username, [{ kind: "user", object: username, message: "Added" }]);
        });
      } catch (error) {
        throw isUniqueViolation(error, "users_username_key") ? exists("user", username) : error;
      }
      return changes.password === undefined ? { password } : {};
    },
    async updateUser(asker, username, changes) {
      const { id } = await find(asker, username);
      const names = Object.keys(given(changes));
      const allowed = asker?.isSuperuser === true || names.every((name) => own.has(name));
      const person = mustBe(asker, allowed, `changing ${names.join(", ")} of user ${username}`);
      const columns = await userColumns(username, changes);
      await store.transaction(async (trx) => {
        if (Object.keys(columns).length > 0) await trx("users").where({ id }).update(columns);
        await setBelongings(trx, id, changes);
        // whoever knew the old password is out
        if (changes.password !== undefined || changes.is_active === false)
          await trx("sessions").where({ user_id: id }).delete();
        await writeNotes(trx, person.username, [
          { kind: "user", object: username, message: `Changed ${names.join(", ")}` },
        ]);
        await notifyPeople(trx);
      });
      known.forget();
    },
    async removeUser(asker, username) {
      const person = mustBeSuperuser(asker, `removing user ${username}`);
      const { id } = await find(asker, username);
      if (username === healthUser)
        throw conflict("ERR_IN_USE", `${healthUser} submits the health checks and has to stay`);
      await store.transaction(async (trx) => {
        if (await trx("jobs").where({ submitter: id }).first("id"))
          throw conflict("ERR_IN_USE", `user ${username} has submitted jobs: make them inactive instead`);
        await trx("users").where({ id }).delete();
        await writeNotes(trx, person.username, [{ kind: "user", object: username, message: "Removed" }]);
        await notifyPeople(trx);
      });
      known.forget();
    },
  };
}

async function userColumns(
  username: string,
  { groups: _groups, permissions: _permissions, password, ...columns }: UserChanges,
): Promise<Readonly<Record<string, unknown>>> {
  if (password === undefined) return given(columns);
  if (username === healthUser) throw conflict("ERR_IN_USE", `${healthUser} can't log in, so it has no password`);
  if (password.length < shortestPassword)
    throw badRequest("ERR_PASSWORD", `password: at least ${shortestPassword} characters`, {
      details: { field: "password" },
    });
  return { ...given(columns), password_hash: await hashPassword(password) };
}

async function setBelongings(
  trx: Knex.Transaction,
  id: number,
  { groups, permissions }: Pick<UserChanges, "groups" | "permissions">,
): Promise<void> {
  if (groups) {
    const names = [...new Set(groups)];
    const rows = (await trx("groups").whereIn("name", names).select("id", "name")) as { id: number; name: string }[];
    const unknown = names.filter((name) => !rows.some((row) => row.name === name));
    if (unknown.length > 0)
      throw badRequest("ERR_GROUP_UNKNOWN", `groups: there is no group ${unknown.join(", ")} here`, {
        details: { field: "groups" },
      });
    await trx("user_groups").where({ user_id: id }).delete();
    if (rows.length > 0) await trx("user_groups").insert(rows.map((row) => ({ user_id: id, group_id: row.id })));
  }
  if (permissions) {
    await trx("user_permissions").where({ user_id: id }).delete();
    const codenames = [...new Set(permissions)];
    if (codenames.length > 0)
      await trx("user_permissions").insert(
        codenames.map((codename) => ({ user_id: id, codename: mustBePermission(codename) })),
      );
  }
}

const codenames =
  /^(?:(?:view|submit_to|change|add|delete)_(?:device|devicetype|worker)|(?:add|change|delete|view)_(?:tag|alias|testjob|user|group))$/;

/** @throws ERR_PERMISSION_UNKNOWN (400) */
export function mustBePermission(codename: string): string {
  if (codenames.test(codename)) return codename;
  throw badRequest(
    "ERR_PERMISSION_UNKNOWN",
    `permissions: there is no permission '${codename}': expected one such as view_device, submit_to_devicetype, change_worker, add_device, delete_tag, change_testjob`,
    { details: { field: "permissions" } },
  );
}
