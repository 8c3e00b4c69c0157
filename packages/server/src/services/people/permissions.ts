import { writeNotes } from "../../jobs/log-entries.js";
import { notifyPeople, notifySchedule } from "../../jobs/notify.js";
import { codenamesOf, type ObjectKind } from "../../people/rights.js";
import { badRequest } from "../../submit/refusals.js";
import { has, missing, mustBe } from "../access.js";
import type { Context } from "../context.js";
import type { PeopleService } from "../types.js";

type Permissions = Pick<PeopleService, "permissions" | "grant" | "revoke">;

const tables: Readonly<Record<ObjectKind, string>> = {
  device: "devices",
  devicetype: "device_types",
  worker: "workers",
};

/** Rights of groups on single objects. */
export function makePermissions({ store, rights }: Context): Permissions {
  return {
    async permissions(asker, kind, object) {
      mustBe(asker, has(asker, `change_${kind}`), "listing permissions");
      const { rows } = await store.knex.raw(
        `select p.id, g.name as "group", p.object, p.codename from object_permissions p join groups g on g.id = p.group_id
         where p.kind = ? and (?::text is null or p.object = ?) order by p.object, g.name, p.codename`,
        [kind, object ?? null, object ?? null] as never[],
      );
      return rows as Awaited<ReturnType<PeopleService["permissions"]>>;
    },
    async grant(asker, { kind, object, group, codename }) {
      const person = mustBe(asker, has(asker, `change_${kind}`), `granting ${codename} on ${kind} ${object}`);
      if (!codenamesOf[kind].includes(codename))
        throw badRequest(
          "ERR_PERMISSION_UNKNOWN",
          `there is no permission '${codename}' on a ${kind}: expected one of ${codenamesOf[kind].join(", ")}`,
          { details: { field: "permission" } },
        );
      await store.transaction(async (trx) => {
        const row = await trx("groups").where({ name: group }).first<{ id: number } | undefined>("id");
        if (!row) throw missing("group", group);
        if (!(await trx(tables[kind]).where({ name: object }).first("name"))) throw missing(kind, object);
        await trx("object_permissions")
          .insert({ kind, object, codename, group_id: row.id })
          .onConflict(["kind", "object", "codename", "group_id"])
          .ignore();
        await writeNotes(trx, person.username, [{ kind, object, message: `Granted ${codename} to ${group}` }]);
        await notifyPeople(trx);
        await notifySchedule(trx);
      });
      rights.forget();
    },
    async revoke(asker, id) {
      await store.transaction(async (trx) => {
        const row = await trx("object_permissions")
          .where({ id })
          .first<{ kind: ObjectKind; object: string; codename: string; group_id: number } | undefined>();
        const allowed = row ? has(asker, `change_${row.kind}`) : (asker?.isSuperuser ?? false);
        const person = mustBe(asker, allowed, `revoking permission ${id}`);
        if (!row) throw missing("permission", id);
        const group = await trx("groups").where({ id: row.group_id }).first<{ name: string } | undefined>("name");
        await trx("object_permissions").where({ id }).delete();
        await writeNotes(trx, person.username, [
          { kind: row.kind, object: row.object, message: `Revoked ${row.codename} of ${group?.name}` },
        ]);
        await notifyPeople(trx);
        await notifySchedule(trx);
      });
      rights.forget();
    },
  };
}
