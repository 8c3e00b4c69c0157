import type { Rights } from "../people/rights.js";
import { allOf, always, anyOf, not, type Sql, sql, within } from "./sql.js";
import type { Asker } from "./types.js";

/** Conditions in SQL for what somebody may see: the rules of people/rights.ts, which say the same about one object at a time. */

export function typesVisible(rights: Rights, asker: Asker, column: string): Sql {
  const { hiddenTypes } = rights.sight(asker);
  return hiddenTypes.length === 0 ? always : sql(`${column} <> all(?::text[])`, hiddenTypes);
}

export function workersVisible(rights: Rights, asker: Asker, column: string): Sql {
  const { hiddenWorkers } = rights.sight(asker);
  return hiddenWorkers.length === 0 ? always : sql(`${column} <> all(?::text[])`, hiddenWorkers);
}

/** Of a table or alias with the columns `name` and `device_type`. */
export function devicesVisible(rights: Rights, asker: Asker, table: string): Sql {
  const { allDevices, hiddenDevices, hiddenTypes, shownDevices } = rights.sight(asker);
  if (allDevices || (hiddenDevices.length === 0 && hiddenTypes.length === 0)) return always;
  const open = allOf([
    sql(`${table}.name <> all(?::text[])`, hiddenDevices),
    sql(`${table}.device_type <> all(?::text[])`, hiddenTypes),
  ]);
  return anyOf([sql(`${table}.name = any(?::text[])`, shownDevices), open]);
}

/** Of the table `jobs`. */
export function jobsVisible(rights: Rights, asker: Asker): Sql {
  if (asker?.isSuperuser) return always;
  const grouped = "jobs.id in (select job_id from job_viewing_groups)";
  const member = sql(
    "jobs.id not in (select job_id from job_viewing_groups where not group_id = any(?::int[]))",
    asker ? [...asker.groups] : [],
  );
  const open = allOf([sql(`jobs.is_public and not ${grouped}`), deviceOfJobVisible(rights, asker)]);
  const others = anyOf([allOf([sql(grouped), member]), open]);
  return asker ? anyOf([sql("jobs.submitter = ?", asker.id), others]) : others;
}

function deviceOfJobVisible(rights: Rights, asker: Asker): Sql {
  const own = placeVisible(rights, asker, "jobs");
  if (own === always) return always;
  // a job over another's connection is seen by those who see all of its group
  const hiddenSibling = within(
    "exists (select 1 from jobs m where m.target_group = jobs.target_group and m.id <> jobs.id and %)",
    not(placeVisible(rights, asker, "m")),
  );
  const isGuest = sql("jobs.actual_device is null and jobs.requested_device_type is null");
  return anyOf([allOf([not(isGuest), own]), allOf([isGuest, not(hiddenSibling)])]);
}

/** Where a job runs or wants to run; `table` is `jobs` or an alias of it. */
function placeVisible(rights: Rights, asker: Asker, table: string): Sql {
  const devices = devicesVisible(rights, asker, "d");
  const types = typesVisible(rights, asker, `${table}.requested_device_type`);
  if (devices === always && types === always) return always;
  const hidden = within(`${table}.actual_device in (select d.name from devices d where %)`, not(devices));
  return anyOf([
    allOf([sql(`${table}.actual_device is not null`), not(hidden)]),
    allOf([sql(`${table}.actual_device is null`), anyOf([sql(`${table}.requested_device_type is null`), types])]),
  ]);
}
