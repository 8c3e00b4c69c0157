import type { Knex } from "knex";
import { writeNotes } from "../jobs/log-entries.js";
import { notifyDevices, notifyPeople, notifySchedule, notifyWorkers } from "../jobs/notify.js";
import { type Note, setWorkerHealth } from "../states/index.js";
import type { DeviceRow, WorkerHealth, WorkerRow } from "../store/rows.js";
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
  await notifyPeople(trx);
}

/** Inserts a row, or changes the columns that differ: others may have moved on since they were read. */
async function writeRow(
  trx: Knex.Transaction,
  table: string,
  { name, before, after }: { readonly name: string; readonly before: object | undefined; readonly after: object },
): Promise<void> {
  if (!before) return void (await trx(table).insert({ name, ...after }));
  const changed = Object.entries(after).filter(([key, value]) => !same(before[key as never], value));
  if (changed.length > 0) await trx(table).where({ name }).update(Object.fromEntries(changed));
}

/** Devices follow their worker's health, as when an admin sets it by hand (spec 5.4). */
async function followWorker(trx: Knex.Transaction, worker: WorkerRow, health: WorkerHealth): Promise<readonly Note[]> {
  const devices = await trx<DeviceRow>("devices").where({ worker: worker.name }).orderBy("name").forUpdate().select();
  const { devices: moved, notes } = setWorkerHealth(worker, devices, health);
  for (const device of moved) await trx("devices").where({ name: device.name }).update({ health: device.health });
  return notes.filter(({ kind }) => kind === "device");
}

interface Written {
  readonly names: readonly string[];
  readonly notes: readonly Note[];
}

async function writeWorkers(trx: Knex.Transaction, before: LabFacts, after: LabFacts): Promise<Written> {
  const changes = changesOf("workers", before, after);
  const notes: Note[] = [];
  for (const { name, before: old, after: facts } of changes) {
    const { permissions, ...columns } = facts;
    const row = await trx<WorkerRow>("workers").where({ name }).forUpdate().first();
    await writeRow(trx, "workers", { name, before: old, after: columns });
    await setPermissions(trx, { kind: "worker", object: name }, permissions);
    if (row && old && old.health !== facts.health) notes.push(...(await followWorker(trx, row, facts.health)));
  }
  return { names: changes.map(({ name }) => name), notes };
}

async function writeTypes(trx: Knex.Transaction, before: LabFacts, after: LabFacts): Promise<readonly string[]> {
  const changes = changesOf("device_types", before, after);
  for (const { name, before: old, after: facts } of changes) {
    const { permissions, aliases: _aliases, ...columns }: TypeFacts = facts;
    await writeRow(trx, "device_types", { name, before: old, after: columns });
    await setPermissions(trx, { kind: "devicetype", object: name }, permissions);
  }
  const names = changes.map(({ name }) => name);
  // an alias may move from one type to another: first all go, then all come
  await trx("aliases").whereIn("device_type", names).delete();
  for (const { name, after: facts } of changes)
    for (const alias of facts.aliases)
      await trx("aliases").insert({ name: alias, device_type: name }).onConflict("name").merge(["device_type"]);
  return names;
}

async function writeTags(trx: Knex.Transaction, before: LabFacts, after: LabFacts): Promise<readonly string[]> {
  const changes = changesOf("tags", before, after);
  for (const change of changes) await writeRow(trx, "tags", change);
  return changes.map(({ name }) => name);
}

/** A device's columns, with ids for names of people. */
async function deviceColumns(trx: Knex.Transaction, facts: DeviceFacts): Promise<object> {
  const { permissions: _permissions, tags: _tags, physical_owner, physical_group, ...columns } = facts;
  const idOf = async (table: string, where: object): Promise<number | null> =>
    (await trx(table).where(where).first<{ id: number } | undefined>("id"))?.id ?? null;
  return {
    ...columns,
    physical_owner: physical_owner === null ? null : await idOf("users", { username: physical_owner }),
    physical_group: physical_group === null ? null : await idOf("groups", { name: physical_group }),
  };
}

async function writeDevice(
  trx: Knex.Transaction,
  {
    name,
    before,
    after,
  }: { readonly name: string; readonly before: DeviceFacts | undefined; readonly after: DeviceFacts },
): Promise<void> {
  const old = before && (await deviceColumns(trx, before));
  await writeRow(trx, "devices", { name, before: old, after: await deviceColumns(trx, after) });
  await setPermissions(trx, { kind: "device", object: name }, after.permissions);
  await trx("device_tags").where({ device: name }).delete();
  if (after.tags.length === 0) return;
  await trx.raw("insert into device_tags (device, tag_id) select ?, id from tags where name = any(?)", [
    name,
    [...after.tags],
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
  for (const device of devices) await writeDevice(trx, device);
  const note = (kind: "worker" | "devicetype" | "tag" | "device", section: Section) => (object: string) => {
    const [old, next] = [before[section][object], after[section][object]] as [object | undefined, object];
    const fields = Object.entries(next).filter(([key, value]) => !same(old?.[key as never], value));
    const what =
      old === undefined ? "added" : fields.map(([key, value]) => `${key} ${JSON.stringify(value)}`).join(", ");
    return { kind, object, message: `${what} (${reason})` };
  };
  await writeNotes(trx, author, [
    ...workers.notes,
    ...workers.names.map(note("worker", "workers")),
    ...types.map(note("devicetype", "device_types")),
    ...tags.map(note("tag", "tags")),
    ...devices.map(({ name }) => name).map(note("device", "devices")),
  ]);
  await tell(
    trx,
    workers.names,
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
