import type { Knex } from "knex";
import { writeNotes } from "../jobs/log-entries.js";
import { notifyDevices, notifySchedule, notifyWorkers } from "../jobs/notify.js";
import type { DeviceRow, WorkerRow } from "../store/rows.js";
import type { DeviceFacts, LabFacts, Permissions, Section, TypeFacts } from "./lab-facts.js";

interface Change<Facts> {
  readonly name: string;
  readonly before: Facts | undefined;
  readonly after: Facts;
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Things of a section that differ. */
export function changesOf<Key extends Section>(
  section: Key,
  before: LabFacts,
  after: LabFacts,
): readonly Change<LabFacts[Key][string]>[] {
  const old = before[section] as Readonly<Record<string, LabFacts[Key][string]>>;
  return Object.entries(after[section] as Readonly<Record<string, LabFacts[Key][string]>>).flatMap(([name, facts]) =>
    same(old[name], facts) ? [] : [{ name, before: old[name], after: facts }],
  );
}

async function setPermissions(
  trx: Knex.Transaction,
  { kind, object }: { readonly kind: string; readonly object: string },
  permissions: Permissions,
): Promise<void> {
  await trx("object_permissions").where({ kind, object }).delete();
  for (const [codename, groups] of Object.entries(permissions))
    for (const group of groups ?? [])
      await trx.raw(
        "insert into object_permissions (kind, object, codename, group_id) select ?, ?, ?, id from groups where name = ?",
        [kind, object, codename, group],
      );
}

async function writeWorkers(trx: Knex.Transaction, before: LabFacts, after: LabFacts): Promise<readonly string[]> {
  const changes = changesOf("workers", before, after);
  for (const { name, after: facts } of changes) {
    const { permissions, ...columns } = facts;
    await trx("workers")
      .insert({ name, ...columns })
      .onConflict("name")
      .merge(Object.keys(columns));
    await setPermissions(trx, { kind: "worker", object: name }, permissions);
  }
  return changes.map(({ name }) => name);
}

async function writeTypes(trx: Knex.Transaction, before: LabFacts, after: LabFacts): Promise<readonly string[]> {
  const changes = changesOf("device_types", before, after);
  for (const { name, after: facts } of changes) {
    const { permissions, aliases: _aliases, ...columns }: TypeFacts = facts;
    await trx("device_types")
      .insert({ name, ...columns })
      .onConflict("name")
      .merge(Object.keys(columns));
    await setPermissions(trx, { kind: "devicetype", object: name }, permissions);
  }
  // an alias may move from one type to another: first all go, then all come
  await trx("aliases")
    .whereIn(
      "device_type",
      changes.map(({ name }) => name),
    )
    .delete();
  for (const { name, after: facts } of changes)
    for (const alias of facts.aliases)
      await trx("aliases").insert({ name: alias, device_type: name }).onConflict("name").merge(["device_type"]);
  return changes.map(({ name }) => name);
}

async function writeTags(trx: Knex.Transaction, before: LabFacts, after: LabFacts): Promise<readonly string[]> {
  const changes = changesOf("tags", before, after);
  for (const { name, after: facts } of changes)
    await trx("tags")
      .insert({ name, ...facts })
      .onConflict("name")
      .merge(["description"]);
  return changes.map(({ name }) => name);
}

async function writeDevice(trx: Knex.Transaction, name: string, facts: DeviceFacts): Promise<void> {
  const { permissions, tags, physical_owner, physical_group, ...columns } = facts;
  const people = {
    physical_owner: trx("users")
      .where({ username: physical_owner ?? "" })
      .select("id"),
    physical_group: trx("groups")
      .where({ name: physical_group ?? "" })
      .select("id"),
  };
  await trx("devices")
    .insert({ name, ...columns, ...people })
    .onConflict("name")
    .merge([...Object.keys(columns), ...Object.keys(people)]);
  await setPermissions(trx, { kind: "device", object: name }, permissions);
  await trx("device_tags").where({ device: name }).delete();
  if (tags.length > 0)
    await trx.raw("insert into device_tags (device, tag_id) select ?, id from tags where name = any(?)", [
      name,
      [...tags],
    ]);
}

export interface WrittenBy {
  readonly author: string;
  readonly reason: string;
}

/** Writes what differs, with log entries, and tells the servers. */
export async function writeFacts(
  trx: Knex.Transaction,
  { before, after }: { readonly before: LabFacts; readonly after: LabFacts },
  { author, reason }: WrittenBy,
): Promise<void> {
  const workers = await writeWorkers(trx, before, after);
  const types = await writeTypes(trx, before, after);
  const tags = await writeTags(trx, before, after);
  const devices = changesOf("devices", before, after);
  for (const { name, after: facts } of devices) await writeDevice(trx, name, facts);
  const note = (kind: "worker" | "devicetype" | "tag" | "device", section: Section) => (object: string) => {
    const [old, next] = [before[section][object], after[section][object]] as [object | undefined, object];
    const fields = Object.entries(next).filter(([key, value]) => !same(old?.[key as never], value));
    const what =
      old === undefined ? "added" : fields.map(([key, value]) => `${key} ${JSON.stringify(value)}`).join(", ");
    return { kind, object, message: `${what} (${reason})` };
  };
  await writeNotes(trx, author, [
    ...workers.map(note("worker", "workers")),
    ...types.map(note("devicetype", "device_types")),
    ...tags.map(note("tag", "tags")),
    ...devices.map(({ name }) => name).map(note("device", "devices")),
  ]);
  await tell(
    trx,
    workers,
    devices.map(({ name }) => name),
  );
}

async function tell(trx: Knex.Transaction, workers: readonly string[], devices: readonly string[]): Promise<void> {
  const workerRows = await trx<WorkerRow>("workers")
    .whereIn("name", [...workers])
    .select("name", "state", "health");
  const deviceRows = await trx<DeviceRow>("devices")
    .whereIn("name", [...devices])
    .select("name", "state", "health");
  await notifyWorkers(trx, workerRows);
  await notifyDevices(trx, deviceRows);
  await notifySchedule(trx);
}
