import type { Knex } from "knex";
import type { DeviceConfigs } from "../devices/index.js";
import { readPeople, readRights } from "../people/read-rights.js";
import type { DeviceTypeRow, WorkerRow } from "../store/rows.js";
import type { LabDevice, LabState, QueuedJob } from "./lab-state.js";

interface DeviceLine {
  readonly name: string;
  readonly device_type: string;
  readonly state: LabDevice["state"];
  readonly health: LabDevice["health"];
  readonly worker: string | null;
  readonly tags: readonly string[];
  readonly job: number | null;
  readonly checked: Date | null;
  readonly jobs_since: number | null;
}

const devicesSql = `
select d.name, d.device_type, d.state, d.health, d.worker,
  coalesce((select array_agg(t.name) from device_tags dt join tags t on t.id = dt.tag_id where dt.device = d.name), '{}') as tags,
  j.id as job, h.submit_time as checked,
  case when y.health_denominator = 'jobs' and h.id is not null then
    (select count(*)::int from jobs o where o.actual_device = d.name and not o.health_check and o.start_time >= h.submit_time) end as jobs_since
from devices d
  join device_types y on y.name = d.device_type
  left join jobs j on j.actual_device = d.name and j.state <> 'Finished'
  left join jobs h on h.id = d.last_health_job`;

const queueSql = `
select id, requested_device_type as type, requested_device as device, requested_worker as worker, tags, submitter, priority,
  extract(epoch from submit_time)::float8 * 1000 as submitted, target_group as "group", sub_id as "subId", role, host_role as "hostRole"
from jobs where state = 'Submitted'`;

/**
 * Reads what a pass looks at, and nothing where there is nothing to do: where no job waits, only health checks may fall due.
 * @param configs up to date: which device has a health check is taken from there
 */
export async function readLab(trx: Knex.Transaction, configs: DeviceConfigs, now: number): Promise<LabState> {
  const { rows: queue } = (await trx.raw(queueSql)) as { rows: QueuedJob[] };
  if (queue.length === 0 && !configs.anyHealthCheck) return { ...nothing, now };
  const workers = await trx<WorkerRow>("workers").select("name", "state", "health", "job_limit");
  const types = await trx<DeviceTypeRow>("device_types").select();
  const { rows: devices } = (await trx.raw(devicesSql)) as { rows: DeviceLine[] };
  return {
    now,
    workers: new Map(workers.map(({ job_limit, ...row }) => [row.name, { ...row, jobLimit: job_limit }])),
    types: new Map(types.map((row) => [row.name, toType(row)])),
    devices: devices.map((row) => toDevice(row, configs)),
    queue,
    ...(queue.length === 0 ? nobody : await readSubmitters(trx, queue)),
  };
}

const nobody: Pick<LabState, "active" | "served" | "maySubmit"> = {
  active: new Map(),
  served: new Map(),
  maySubmit: () => false,
};
const nothing: Omit<LabState, "now"> = { workers: new Map(), types: new Map(), devices: [], queue: [], ...nobody };

/** What those who wait may do, and how much of theirs is under way. */
async function readSubmitters(
  trx: Knex.Transaction,
  queue: readonly QueuedJob[],
): Promise<Pick<LabState, "active" | "served" | "maySubmit">> {
  const active = (await trx("jobs")
    .whereNot({ state: "Finished" })
    .whereNotNull("actual_device")
    .groupBy("submitter")
    .select("submitter", trx.raw("count(*)::int as count"))) as { submitter: number; count: number }[];
  const submitters = [...new Set(queue.map(({ submitter }) => submitter))];
  const { rows: served } = (await trx.raw(
    `select s.submitter, extract(epoch from j.start_time)::float8 * 1000 as at from unnest(?::int[]) as s (submitter),
       lateral (select start_time from jobs where submitter = s.submitter and start_time is not null order by start_time desc limit 1) j`,
    [submitters as never],
  )) as { rows: { submitter: number; at: number }[] };
  const people = await readPeople(trx, submitters);
  const rights = await readRights(trx);
  return {
    active: new Map(active.map(({ submitter, count }) => [submitter, count])),
    served: new Map(served.map(({ submitter, at }) => [submitter, at])),
    maySubmit: (submitter, { name, type, health }) =>
      rights.maySubmitToDevice(people.get(submitter), { name, device_type: type, health }),
  };
}

const toType = (row: DeviceTypeRow) => ({
  name: row.name,
  display: row.display,
  jobLimit: row.job_limit,
  healthCheck: {
    disabled: row.disable_health_check,
    frequency: row.health_frequency,
    denominator: row.health_denominator,
  },
});

const toDevice = (row: DeviceLine, configs: DeviceConfigs): LabDevice => ({
  name: row.name,
  type: row.device_type,
  state: row.state,
  health: row.health,
  worker: row.worker,
  tags: new Set(row.tags),
  ...(row.job === null ? {} : { job: row.job }),
  ...(configs.hasDictionary(row.name) ? {} : { noDictionary: true }),
  hasHealthCheck: configs.healthCheck(row) !== undefined,
  ...(row.checked === null ? {} : { checked: { at: row.checked.getTime(), jobsSince: row.jobs_since ?? 0 } }),
});
