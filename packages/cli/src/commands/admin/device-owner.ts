import type { Admin } from "./session.js";

/** The group that stands for one user, as for LAVA's personal jobs; made where it is first needed. */
async function groupOfUser({ services, asker, store }: Admin, username: string): Promise<string> {
  if (!(await store.knex("groups").where({ name: username }).first("id")))
    await services.people.addGroup(asker, username);
  const { groups } = await services.people.user(asker, username);
  if (!groups.includes(username)) await services.people.updateUser(asker, username, { groups: [...groups, username] });
  return username;
}

/**
 * Who owns a device may change it, and submit to it where it is restricted (seed 2: one user or one group at a time). Rights belong to groups; a user has
 * one of their own.
 */
export async function setOwner(
  admin: Admin,
  device: string,
  owner: { readonly user?: string; readonly group?: string },
): Promise<void> {
  const { services, asker, out } = admin;
  if (owner.user !== undefined) await admin.mustBeKnown("user", owner.user);
  else if (owner.group !== undefined) await admin.mustBeKnown("group", owner.group);
  const group = owner.user === undefined ? owner.group : await groupOfUser(admin, owner.user);
  if (group === undefined) return;
  const before = (await services.people.permissions(asker, "device", device)).filter(
    ({ codename }) => codename === "change",
  );
  for (const { id, group: other } of before) {
    if (other === group) continue;
    await services.people.revoke(asker, id);
    out.say(`${other} does not own ${device} any more`);
  }
  await services.people.grant(asker, { kind: "device", object: device, group, codename: "change" });
}
