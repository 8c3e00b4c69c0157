import type { JobIdentity } from "../../people/rights.js";
import type { JobRow } from "../../store/rows.js";
import type { JobView } from "../types.js";
import { maskSecrets } from "./mask-secrets.js";

const shown = [
  "id",
  "sub_id",
  "target_group",
  "role",
  "essential",
  "host_role",
  "description",
  "health_check",
  "requested_device_type",
  "requested_device",
  "requested_worker",
  "actual_device",
  "worker",
  "tags",
  "submit_time",
  "start_time",
  "end_time",
  "state",
  "health",
  "priority",
  "definition",
  "original_definition",
  "multinode_definition",
  "metadata",
  "queue_timeout",
  "failure_comment",
  "error_type",
  "error_code",
  "error_msg",
  "compatibility",
  "waits_for",
  "resubmit_of",
] as const satisfies readonly (keyof JobRow)[];

/** A job with what belongs to it, as one query gives it. */
export interface JobRecord extends Pick<JobRow, (typeof shown)[number]> {
  readonly submitter: number;
  readonly is_public: boolean;
  readonly log_lines: number;
  readonly log_sealed: boolean;
  readonly username: string;
  readonly device_type: string | null;
  readonly viewing_groups: readonly { readonly id: number; readonly name: string }[];
  readonly failure_tags: readonly string[];
  readonly siblings: JobView["group"];
  /** Where the others of its group run, for a job that runs over another's connection. */
  readonly places: readonly {
    readonly device: string | null;
    readonly device_type: string | null;
    readonly requested_device_type: string | null;
  }[];
}

/** For `select ... from jobs`. */
export const jobSelect = `${shown.map((column) => `jobs.${column}`).join(", ")},
  jobs.submitter, jobs.is_public, jobs.log_lines, jobs.log_sealed,
  (select u.username from users u where u.id = jobs.submitter) as username,
  (select d.device_type from devices d where d.name = jobs.actual_device) as device_type,
  coalesce((select json_agg(json_build_object('id', g.id, 'name', g.name) order by g.name)
    from job_viewing_groups v join groups g on g.id = v.group_id where v.job_id = jobs.id), '[]') as viewing_groups,
  array(select f.name from job_failure_tags jf join failure_tags f on f.id = jf.tag_id where jf.job_id = jobs.id order by f.name) as failure_tags,
  coalesce((select json_agg(json_build_object('id', m.id, 'public_id', coalesce(m.sub_id, m.id::text), 'role', m.role,
      'state', m.state, 'health', m.health) order by m.id)
    from jobs m where m.target_group = jobs.target_group and m.id <> jobs.id), '[]') as siblings,
  case when jobs.actual_device is null and jobs.requested_device_type is null then
    coalesce((select json_agg(json_build_object('device', m.actual_device, 'device_type', d.device_type,
        'requested_device_type', m.requested_device_type))
      from jobs m left join devices d on d.name = m.actual_device
      where m.target_group = jobs.target_group and m.id <> jobs.id), '[]') else '[]' end as places`;

/** What the rules look at. */
export const jobIdentity = (job: JobRecord): JobIdentity => ({
  submitter: job.submitter,
  is_public: job.is_public,
  viewingGroups: job.viewing_groups.map(({ id }) => id),
  device: deviceOf(job.actual_device, job.device_type),
  requested_device_type: job.requested_device_type,
  siblings: job.places.map(({ device, device_type, requested_device_type }) => ({
    device: deviceOf(device, device_type),
    requested_device_type,
  })),
});

const deviceOf = (name: string | null, device_type: string | null): JobIdentity["device"] =>
  name === null || device_type === null ? undefined : { name, device_type };

function visibilityOf({ is_public, viewing_groups, username }: JobRecord): JobView["visibility"] {
  const names = viewing_groups.map(({ name }) => name);
  if (names.length === 0) return is_public ? "Public" : "Personal";
  return names.length === 1 && names[0] === username ? "Personal" : `Group (${names.join(", ")})`;
}

/** As people see it. `open`: somebody who may change it, and so sees its secrets. */
export function jobView(
  record: JobRecord,
  { open, logLines }: { readonly open: boolean; readonly logLines: number },
): JobView {
  const {
    submitter: _id,
    username,
    device_type: _type,
    siblings,
    places: _places,
    is_public: _public,
    log_sealed: _sealed,
    ...job
  } = record;
  const text = (definition: string): string => (open ? definition : maskSecrets(definition));
  return {
    ...job,
    definition: text(job.definition),
    original_definition: text(job.original_definition),
    multinode_definition: text(job.multinode_definition),
    public_id: job.sub_id ?? String(job.id),
    submitter: username,
    visibility: visibilityOf(record),
    log_lines: logLines,
    group: siblings,
  };
}
