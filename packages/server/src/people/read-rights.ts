import type { Knex } from "knex";
import { type ObjectPermission, type Person, Rights } from "./rights.js";

/** Who may do what to which object, as it stands now. */
export const readRights = async (db: Knex): Promise<Rights> =>
  new Rights(await db<ObjectPermission>("object_permissions").select("kind", "object", "codename", "group_id"));

interface PersonRow {
  readonly id: number;
  readonly username: string;
  readonly is_superuser: boolean;
  readonly is_staff: boolean;
  readonly groups: readonly number[];
  readonly permissions: readonly string[];
}

/** People with their groups and global permissions; those that are not active are left out. */
export async function readPeople(db: Knex, ids: readonly number[]): Promise<ReadonlyMap<number, Person>> {
  if (ids.length === 0) return new Map();
  const { rows } = (await db.raw(
    `select u.id, u.username, u.is_superuser, u.is_staff,
       coalesce((select array_agg(g.group_id) from user_groups g where g.user_id = u.id), '{}') as groups,
       array(select codename from user_permissions p where p.user_id = u.id
             union select p.codename from group_permissions p join user_groups g using (group_id) where g.user_id = u.id) as permissions
     from users u where u.id = any(?) and u.is_active`,
    [[...new Set(ids)]],
  )) as { rows: PersonRow[] };
  return new Map(
    rows.map((row) => [
      row.id,
      {
        id: row.id,
        username: row.username,
        isSuperuser: row.is_superuser,
        isStaff: row.is_staff,
        groups: new Set(row.groups),
        permissions: new Set(row.permissions),
      },
    ]),
  );
}
