import type { Knex } from "knex";
import { documentsSeen } from "../devices/documents.js";
import type { Person, Rights } from "../people/rights.js";
import type { DeviceHealth } from "../store/rows.js";
import type { JobColumns } from "./job-columns.js";
import { badRequest } from "./refusals.js";

/** A device that may one day run a job. */
export interface SuitableDevice {
  readonly name: string;
  readonly device_type: string;
  readonly health: DeviceHealth;
  readonly worker: string | null;
  readonly tags: readonly string[];
}

const some = (names: readonly string[]): string => names.slice(0, 5).join(", ") + (names.length > 5 ? ", ..." : "");

interface ReadType {
  readonly type: string;
  readonly devices: readonly SuitableDevice[];
  /** {@link documentsSeen}, as of the same moment. */
  readonly documents: string;
}

/** A type by its name or an alias, and its devices, in one query. @throws ERR_DEVICE_TYPE_UNKNOWN (400) */
async function readType(db: Knex, name: string): Promise<ReadType> {
  const { rows } = (await db.raw(
    `with t as (
       select name from (
         select device_type as name, 0 as rank from aliases where name = :name
         union all select name, 1 from device_types where name = :name) named order by rank limit 1)
     select t.name as type, ${documentsSeen} as documents, d.name, d.device_type, d.health, d.worker,
       coalesce((select array_agg(g.name) from device_tags dt join tags g on g.id = dt.tag_id where dt.device = d.name), '{}') as tags
     from t left join devices d on d.device_type = t.name and d.health <> 'Retired' order by d.name`,
    { name },
  )) as { rows: ((SuitableDevice | { readonly name: null }) & Pick<ReadType, "type" | "documents">)[] };
  if (!rows[0]) throw unknownType(name);
  const [{ type, documents }] = rows as [(typeof rows)[0]];
  const devices = rows.flatMap(({ type: _, documents: __, ...row }) => (row.name === null ? [] : [row]));
  return { type, documents, devices };
}

const unknownType = (name: string): Error =>
  badRequest("ERR_DEVICE_TYPE_UNKNOWN", `device_type: there is no device type '${name}' here`);

/**
 * The type a job asks for and the devices that suit it (spec 6.4): of its type, named by it, with its tags, and open to its submitter.
 * Whether they are free or healthy plays no part: jobs wait.
 * @throws ERR_DEVICE_TYPE_UNKNOWN, ERR_NO_DEVICE, ERR_TAG_UNKNOWN (400)
 */
export async function chooseDevices(
  db: Knex,
  { device_type, device, worker, tags }: Pick<JobColumns, "device_type" | "device" | "worker" | "tags">,
  { person, rights }: { readonly person: Person; readonly rights: Rights },
): Promise<ReadType> {
  const { type, documents, devices: rows } = await readType(db, device_type ?? "");
  if (!rights.mayView(person, "devicetype", type)) throw unknownType(device_type ?? "");
  const refuse = (message: string): Error => badRequest("ERR_NO_DEVICE", message);
  if (rows.length === 0) throw refuse(`device_type: there is no device of type '${type}' that is not retired`);
  const named = device === null ? rows : rows.filter(({ name }) => name === device);
  if (named.length === 0)
    throw refuse(
      `device: there is no device '${device}' of type '${type}' (there are ${some(rows.map(({ name }) => name))})`,
    );
  const there = worker === null ? named : named.filter((row) => row.worker === worker);
  if (there.length === 0) throw refuse(`worker: no such device of type '${type}' is on a worker '${worker}'`);
  const allowed = there.filter((row) => rights.maySubmitToDevice(person, row));
  if (allowed.length === 0)
    throw refuse(`device_type: '${person.username}' may not submit to any such device of type '${type}'`);
  const tagged = allowed.filter((row) => tags.every((tag) => row.tags.includes(tag)));
  if (tagged.length > 0) return { type, documents, devices: tagged };
  const known = new Set(
    (
      await db("tags")
        .whereIn("name", [...tags])
        .select("name")
    ).map(({ name }) => name),
  );
  const unknown = tags.filter((tag) => !known.has(tag));
  if (unknown.length > 0) throw badRequest("ERR_TAG_UNKNOWN", `tags: there is no tag ${some(unknown)} here`);
  throw refuse(`tags: no device of type '${type}' has all of ${tags.join(", ")}`);
}
