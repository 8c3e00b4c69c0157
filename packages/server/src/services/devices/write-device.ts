import type { Knex } from "knex";
import { writeNotes } from "../../jobs/log-entries.js";
import { notifyDevices, notifySchedule } from "../../jobs/notify.js";
import { badRequest } from "../../submit/refusals.js";
import { given } from "../access.js";
import type { DeviceChanges } from "../types.js";

/** What a change names is not there, or may not be seen. */
export const unknown = (field: string, message: string): Error =>
  badRequest("ERR_UNKNOWN_REFERENCE", `${field}: ${message}`, { details: { field } });

async function idOf(trx: Knex.Transaction, table: "users" | "groups", name: string | null, field: string) {
  if (name === null) return null;
  const row = await trx(table)
    .where(table === "users" ? { username: name } : { name })
    .first<{ id: number } | undefined>("id");
  if (!row) throw unknown(field, `there is no ${table === "users" ? "user" : "group"} '${name}' here`);
  return row.id;
}

async function mustExist(trx: Knex.Transaction, table: "device_types" | "workers", name: string, field: string) {
  if (await trx(table).where({ name }).first("name")) return;
  throw unknown(field, `there is no ${table === "workers" ? "worker" : "device type"} '${name}' here`);
}

/** Changes as columns, with what they name looked up. @throws ERR_UNKNOWN_REFERENCE (400) */
export async function deviceColumns(
  trx: Knex.Transaction,
  changes: DeviceChanges,
): Promise<Readonly<Record<string, unknown>>> {
  // by name: what else an asker sent must not become columns (state, name, last_health_job)
  const { device_type, device_version, description, worker, physical_owner, physical_group } = changes;
  const plain = { device_type, device_version, description, worker };
  if (plain.device_type !== undefined) await mustExist(trx, "device_types", plain.device_type, "device_type");
  if (plain.worker) await mustExist(trx, "workers", plain.worker, "worker");
  return given({
    ...plain,
    physical_owner:
      physical_owner === undefined ? undefined : await idOf(trx, "users", physical_owner, "physical_owner"),
    physical_group:
      physical_group === undefined ? undefined : await idOf(trx, "groups", physical_group, "physical_group"),
  });
}

/** @throws ERR_TAG_UNKNOWN (400) */
export async function setDeviceTags(trx: Knex.Transaction, device: string, tags: readonly string[]): Promise<void> {
  const names = [...new Set(tags)];
  const rows = (await trx("tags").whereIn("name", names).select("id", "name")) as { id: number; name: string }[];
  const missing = names.filter((name) => !rows.some((row) => row.name === name));
  if (missing.length > 0)
    throw badRequest("ERR_TAG_UNKNOWN", `tags: there is no tag ${missing.join(", ")} here`, {
      details: { field: "tags" },
    });
  await trx("device_tags").where({ device }).delete();
  if (rows.length > 0) await trx("device_tags").insert(rows.map(({ id }) => ({ device, tag_id: id })));
}

/** Tells everyone that a device is not what it was, and that a job may be able to begin. */
export async function announceDevice(
  trx: Knex.Transaction,
  name: string,
  { author, messages }: { readonly author: string; readonly messages: readonly string[] },
): Promise<void> {
  await writeNotes(
    trx,
    author,
    messages.map((message) => ({ kind: "device", object: name, message })),
  );
  const row = await trx("devices")
    .where({ name })
    .first<{ name: string; state: string; health: string } | undefined>("name", "state", "health");
  if (row) await notifyDevices(trx, [row]);
  await notifySchedule(trx);
}
