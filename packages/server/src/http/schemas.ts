import { deviceHealths, deviceStates, jobHealths, jobStates, workerHealths, workerStates } from "../store/rows.js";
import type { Schema } from "./route.js";

const text = { type: "string" };
const textOrNull = { type: ["string", "null"] };
const whole = { type: "integer" };
const wholeOrNull = { type: ["integer", "null"] };
const flag = { type: "boolean" };
const time = { type: "string", format: "date-time" };
const timeOrNull = { type: ["string", "null"], format: "date-time" };
const texts = { type: "array", items: text };
const numbers = { type: "array", items: whole };
const oneOf = (words: readonly string[]): Schema => ({ type: "string", enum: [...words] });
const object = (properties: Record<string, Schema>, more: Schema = {}): Schema => ({
  type: "object",
  properties,
  required: Object.keys(properties),
  ...more,
});

const Refusal: Schema = {
  type: "object",
  description:
    "What was refused and why: `detail` in words; for a wrong value of a field the words stand under the field's name. `code` is stable (docs/reference/errors.md).",
  properties: { detail: text, code: text, message: text },
  additionalProperties: true,
};

const Job = object({
  id: whole,
  public_id: { type: "string", description: "`12`, or `12.1` of a MultiNode group." },
  sub_id: textOrNull,
  target_group: textOrNull,
  role: textOrNull,
  essential: { type: "boolean", description: "Whether its group ends with it." },
  host_role: { type: ["string", "null"], description: "The role over whose device's connection it runs." },
  submitter: text,
  visibility: text,
  viewing_groups: numbers,
  description: text,
  health_check: flag,
  requested_device_type: textOrNull,
  requested_device: textOrNull,
  requested_worker: textOrNull,
  actual_device: textOrNull,
  worker: textOrNull,
  tags: numbers,
  tag_names: texts,
  submit_time: time,
  start_time: timeOrNull,
  end_time: timeOrNull,
  state: oneOf(jobStates),
  health: oneOf(jobHealths),
  priority: whole,
  definition: text,
  original_definition: text,
  multinode_definition: text,
  metadata: { type: "object", additionalProperties: true },
  queue_timeout: wholeOrNull,
  failure_tags: texts,
  failure_comment: text,
  error_type: textOrNull,
  error_code: textOrNull,
  error_msg: textOrNull,
  compatibility: wholeOrNull,
  waits_for: { type: ["string", "null"], description: "Why it is still queued, in words." },
  resubmit_of: wholeOrNull,
  log_lines: whole,
  group: {
    type: "array",
    items: object({ id: whole, public_id: text, role: textOrNull, state: text, health: text }),
  },
});

const Device = object({
  hostname: text,
  device_type: text,
  device_version: textOrNull,
  physical_owner: textOrNull,
  physical_group: textOrNull,
  description: text,
  tags: numbers,
  tag_names: texts,
  state: oneOf(deviceStates),
  health: oneOf(deviceHealths),
  last_health_report_job: wholeOrNull,
  worker_host: textOrNull,
  is_synced: flag,
  current_job: wholeOrNull,
  has_dictionary: flag,
});

const DeviceType = object({
  name: text,
  description: text,
  architecture: textOrNull,
  processor: textOrNull,
  cpu_model: textOrNull,
  bits: wholeOrNull,
  cores: texts,
  core_count: wholeOrNull,
  aliases: texts,
  health_frequency: whole,
  health_denominator: oneOf(["hours", "jobs"]),
  disable_health_check: flag,
  display: flag,
  job_limit: whole,
  devices: object({ idle: whole, busy: whole, offline: whole }),
  has_template: flag,
  has_health_check: flag,
});

const Worker = object({
  hostname: text,
  description: text,
  state: oneOf(workerStates),
  health: oneOf(workerHealths),
  job_limit: whole,
  version: text,
  last_ping: timeOrNull,
  devices: texts,
  jobs: numbers,
});

const Suite = object({
  id: whole,
  name: text,
  job: whole,
  counts: object({ pass: whole, fail: whole, skip: whole, unknown: whole }),
  resource_uri: text,
});

const Test = object({
  id: whole,
  name: text,
  unit: text,
  result: oneOf(["pass", "fail", "skip", "unknown"]),
  measurement: { type: ["string", "null"] },
  metadata: { type: "string", description: "YAML" },
  suite: whole,
  suite_name: text,
  test_set: textOrNull,
  start_log_line: wholeOrNull,
  end_log_line: wholeOrNull,
  logged: time,
  resource_uri: text,
});

const Submitted = object({
  message: text,
  job_ids: { type: "array", items: { type: ["integer", "string"] } },
  warnings: texts,
});
const Message = object({ message: text }, { additionalProperties: true });
const ArtifactToken = object({ name: text });
const Alias = object({ name: text, device_type: text });
const Tag = object({ id: whole, name: text, description: text, devices: texts });
const User = object({
  id: whole,
  username: text,
  first_name: text,
  last_name: text,
  email: text,
  is_active: flag,
  is_staff: flag,
  is_superuser: flag,
  groups: texts,
  permissions: texts,
  date_joined: time,
  last_login: timeOrNull,
});
const Group = object({ id: whole, name: text, users: texts, permissions: texts });
const Permission = object({ id: whole, group: text, object: text, permission: text });

const Revision = object({
  revision: whole,
  current: flag,
  author: text,
  reason: text,
  created_on: time,
  removed: { type: "boolean", description: "Whether the text was taken away with it." },
});

/** Schemas of the document, by name. */
export const schemas: Readonly<Record<string, Schema>> = {
  ...{
    Error: Refusal,
    Job,
    Device,
    DeviceType,
    Worker,
    Suite,
    Test,
    Submitted,
    Message,
    ArtifactToken,
    Alias,
    Tag,
    User,
    Group,
    Permission,
    Revision,
  },
};

export const ref = (name: keyof typeof schemas & string): Schema => ({ $ref: `#/components/schemas/${name}` });

/** Django REST framework's envelope. */
export const pageOf = (name: string): Schema =>
  object({ count: whole, next: textOrNull, previous: textOrNull, results: { type: "array", items: ref(name) } });
