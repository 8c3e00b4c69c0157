import { jobHealths, jobStates } from "../../store/rows.js";
import type { Field, Fields } from "../fields.js";

const text = (column: string): Field => ({ type: "text", column });
const number = (column: string): Field => ({ type: "number", column });
const time = (column: string): Field => ({ type: "time", column });

const submitter = "jobs.submitter in (select u.id from users u where %)";
const device = "jobs.actual_device in (select d.name from devices d where %)";
const tag = "exists (select 1 from unnest(jobs.tags) as tag(name) where %)";
const viewingGroup =
  "exists (select 1 from job_viewing_groups v join groups g on g.id = v.group_id where v.job_id = jobs.id and %)";
const failureTag =
  "exists (select 1 from job_failure_tags f join failure_tags ft on ft.id = f.tag_id where f.job_id = jobs.id and %)";

/** What jobs can be filtered by: LAVA's names (spec 4), and ours. */
export const jobFields: Fields = {
  id: number("jobs.id"),
  sub_id: text("jobs.sub_id"),
  target_group: text("jobs.target_group::text"),
  role: text("jobs.role"),
  submitter: { ...text("u.username"), any: submitter },
  submitter__id: number("jobs.submitter"),
  submitter__username: { ...text("u.username"), any: submitter },
  description: text("jobs.description"),
  health_check: { type: "boolean", column: "jobs.health_check" },
  requested_device_type: text("jobs.requested_device_type"),
  requested_device_type__name: text("jobs.requested_device_type"),
  requested_device: text("jobs.requested_device"),
  requested_device__hostname: text("jobs.requested_device"),
  requested_worker: text("jobs.requested_worker"),
  requested_worker__hostname: text("jobs.requested_worker"),
  actual_device: text("jobs.actual_device"),
  actual_device__hostname: text("jobs.actual_device"),
  actual_device__device_type: { ...text("d.device_type"), any: device },
  actual_device__device_type__name: { ...text("d.device_type"), any: device },
  actual_device__worker_host: { ...text("d.worker"), any: device },
  actual_device__worker_host__hostname: { ...text("d.worker"), any: device },
  worker: text("jobs.worker"),
  tags: { ...text("tag.name"), any: tag },
  tags__name: { ...text("tag.name"), any: tag },
  viewing_groups: { ...number("v.group_id"), any: viewingGroup },
  viewing_groups__name: { ...text("g.name"), any: viewingGroup },
  failure_tags: { ...number("ft.id"), any: failureTag },
  failure_tags__name: { ...text("ft.name"), any: failureTag },
  submit_time: time("jobs.submit_time"),
  start_time: time("jobs.start_time"),
  end_time: time("jobs.end_time"),
  state: { type: "word", column: "jobs.state", words: jobStates },
  health: { type: "word", column: "jobs.health", words: jobHealths },
  priority: number("jobs.priority"),
  // a filter must not read what an answer masks: whether a definition has a text in it is asked of those without secrets
  definition: text("case when strpos(jobs.definition, 'secrets') = 0 then jobs.definition end"),
  original_definition: text(
    "case when strpos(jobs.original_definition, 'secrets') = 0 then jobs.original_definition end",
  ),
  multinode_definition: text(
    "case when strpos(jobs.multinode_definition, 'secrets') = 0 then jobs.multinode_definition end",
  ),
  failure_comment: text("jobs.failure_comment"),
  error_type: text("jobs.error_type"),
  error_code: text("jobs.error_code"),
  resubmit_of: number("jobs.resubmit_of"),
  metadata: { type: "json", column: "jobs.metadata" },
};

export const jobOrderings: Readonly<Record<string, string>> = {
  id: "jobs.id",
  submit_time: "jobs.submit_time",
  start_time: "jobs.start_time",
  end_time: "jobs.end_time",
  priority: "jobs.priority",
  state: "jobs.state",
  health: "jobs.health",
  description: "jobs.description",
};
