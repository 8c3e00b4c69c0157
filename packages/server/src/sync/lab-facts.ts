import type { Knex } from "knex";
import type { DeviceHealth, DeviceRow, DeviceTypeRow, WorkerHealth, WorkerRow } from "../store/rows.js";

/** Groups by what they may do with an object: view, submit_to, change. */
export type Permissions = Readonly<Partial<Record<"view" | "submit_to" | "change", readonly string[]>>>;

export interface WorkerFacts {
  readonly description: string;
  readonly health: WorkerHealth;
  readonly job_limit: number;
  readonly permissions: Permissions;
}

export interface TypeFacts extends Omit<DeviceTypeRow, "name"> {
  readonly aliases: readonly string[];
  readonly permissions: Permissions;
}

export interface TagFacts {
  readonly description: string;
}

export interface DeviceFacts {
  readonly device_type: string;
  readonly device_version: string | null;
  readonly description: string;
  readonly worker: string | null;
  readonly health: DeviceHealth;
  readonly tags: readonly string[];
  readonly physical_owner: string | null;
  readonly physical_group: string | null;
  readonly permissions: Permissions;
}

/** What a lab is besides its texts, by name. */
export interface LabFacts {
  readonly workers: Readonly<Record<string, WorkerFacts>>;
  readonly device_types: Readonly<Record<string, TypeFacts>>;
  readonly tags: Readonly<Record<string, TagFacts>>;
  readonly devices: Readonly<Record<string, DeviceFacts>>;
}

export type Section = keyof LabFacts;

/** What somebody wants a lab to be: fields that are not named stay as they are. */
export type WantedLab = {
  readonly [Key in Section]?: Readonly<Record<string, Partial<LabFacts[Key][string]>>>;
};

/** What each thing is where nobody says. */
export const defaults: { readonly [Key in Section]: LabFacts[Key][string] } = {
  workers: { description: "", health: "Active", job_limit: 0, permissions: {} },
  device_types: {
    description: "",
    architecture: null,
    processor: null,
    cpu_model: null,
    bits: null,
    cores: [],
    core_count: null,
    health_frequency: 24,
    health_denominator: "hours",
    disable_health_check: false,
    display: true,
    job_limit: 0,
    aliases: [],
    permissions: {},
  },
  tags: { description: "" },
  devices: {
    device_type: "",
    device_version: null,
    description: "",
    worker: null,
    // its health check decides
    health: "Unknown",
    tags: [],
    physical_owner: null,
    physical_group: null,
    permissions: {},
  },
};

interface PermissionRow {
  readonly kind: string;
  readonly object: string;
  readonly codename: "view" | "submit_to" | "change";
  readonly groups: readonly string[];
}

interface Named {
  readonly name: string;
}

const byName = <Row extends Named, Facts>(rows: readonly Row[], make: (row: Row) => Facts): Record<string, Facts> =>
  Object.fromEntries(rows.map((row) => [row.name, make(row)]));

function picked<Facts extends object>(keys: Facts, row: object): Facts {
  return Object.fromEntries(
    Object.keys(keys).map((key) => [key, (row as Record<string, unknown>)[key] ?? keys[key as keyof Facts]]),
  ) as Facts;
}

/** Reads them as they are now. */
export async function readLabFacts(db: Knex): Promise<LabFacts> {
  const permissions = (await db("object_permissions as p")
    .join("groups as g", "g.id", "p.group_id")
    .groupBy("p.kind", "p.object", "p.codename")
    .select(
      "p.kind",
      "p.object",
      "p.codename",
      db.raw("array_agg(g.name order by g.name) as groups"),
    )) as PermissionRow[];
  const permissionsOf = (kind: string, object: string): Permissions =>
    Object.fromEntries(
      (["view", "submit_to", "change"] as const).flatMap((codename) => {
        const row = permissions.find((p) => p.kind === kind && p.object === object && p.codename === codename);
        return row ? [[codename, row.groups]] : [];
      }),
    );
  const workers = await db<WorkerRow>("workers").orderBy("name");
  const types = (await db("device_types as t")
    .orderBy("t.name")
    .select(
      "t.*",
      db.raw("array(select a.name from aliases a where a.device_type = t.name order by a.name) as aliases"),
    )) as (DeviceTypeRow & { aliases: string[] })[];
  const tags = (await db("tags").orderBy("name").select("name", "description")) as (Named & TagFacts)[];
  const devices = (await db("devices as d")
    .leftJoin("users as u", "u.id", "d.physical_owner")
    .leftJoin("groups as g", "g.id", "d.physical_group")
    .orderBy("d.name")
    .select(
      "d.*",
      "u.username as physical_owner",
      "g.name as physical_group",
      db.raw(
        "array(select t.name from device_tags dt join tags t on t.id = dt.tag_id where dt.device = d.name order by t.name) as tags",
      ),
    )) as (Omit<DeviceRow, "physical_owner" | "physical_group"> & DeviceFacts)[];
  return {
    workers: byName(workers, (row) => ({
      ...picked(defaults.workers, row),
      permissions: permissionsOf("worker", row.name),
    })),
    device_types: byName(types, (row) => ({
      ...picked(defaults.device_types, row),
      permissions: permissionsOf("devicetype", row.name),
    })),
    tags: byName(tags, ({ description }) => ({ description })),
    devices: byName(devices, (row) => ({
      ...picked(defaults.devices, row),
      permissions: permissionsOf("device", row.name),
    })),
  };
}

const sorted = <T>(record: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));

/** The lab as it would be: what is wanted laid over what is. Lists (tags, aliases, groups) are sorted, as the database gives them. */
export function withWanted(facts: LabFacts, wanted: WantedLab): LabFacts {
  const section = <Key extends Section>(key: Key): LabFacts[Key] => {
    const known = facts[key] as Readonly<Record<string, object>>;
    const changed = Object.entries((wanted[key] ?? {}) as Readonly<Record<string, object>>).map(([name, fields]) => [
      name,
      { ...(known[name] ?? defaults[key]), ...withSortedLists(fields) },
    ]);
    return sorted({ ...known, ...Object.fromEntries(changed) }) as LabFacts[Key];
  };
  return {
    workers: section("workers"),
    device_types: section("device_types"),
    tags: section("tags"),
    devices: section("devices"),
  };
}

function withSortedLists(fields: object): object {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => {
      if (key === "tags" || key === "aliases") return [key, [...new Set(value as string[])].sort()];
      if (key !== "permissions") return [key, value];
      const rights = ["view", "submit_to", "change"].flatMap((codename) => {
        const groups = (value as Record<string, string[]>)[codename] ?? [];
        return groups.length > 0 ? [[codename, [...new Set(groups)].sort()]] : [];
      });
      return [key, Object.fromEntries(rights)];
    }),
  );
}
