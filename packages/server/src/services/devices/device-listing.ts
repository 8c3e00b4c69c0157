import { deviceHealths, deviceStates } from "../../store/rows.js";
import type { Field } from "../fields.js";
import type { Listing } from "../page.js";

const text = (column: string): Field => ({ type: "text", column });
const tag =
  "exists (select 1 from device_tags dt join tags t on t.id = dt.tag_id where dt.device = devices.name and %)";
const owner = "devices.physical_owner in (select u.id from users u where %)";
const group = "devices.physical_group in (select g.id from groups g where %)";

/** Devices as DeviceView has them, under LAVA's names for filters (spec 4). */
export const deviceListing: Listing = {
  from: "devices",
  select: `devices.name, devices.device_type, devices.device_version, devices.description, devices.state, devices.health,
    devices.worker, devices.is_synced, devices.last_health_job,
    array(select t.name from device_tags dt join tags t on t.id = dt.tag_id where dt.device = devices.name order by t.name) as tags,
    (select u.username from users u where u.id = devices.physical_owner) as physical_owner,
    (select g.name from groups g where g.id = devices.physical_group) as physical_group,
    (select j.id from jobs j where j.actual_device = devices.name and j.state <> 'Finished') as current_job,
    exists (select 1 from documents x where x.kind = 'device' and x.name = devices.name and x.current and x.text is not null) as has_dictionary`,
  fields: {
    name: text("devices.name"),
    hostname: text("devices.name"),
    description: text("devices.description"),
    device_version: text("devices.device_version"),
    device_type: text("devices.device_type"),
    device_type__name: text("devices.device_type"),
    tags: { ...text("t.name"), any: tag },
    tags__name: { ...text("t.name"), any: tag },
    state: { type: "word", column: "devices.state", words: deviceStates },
    health: { type: "word", column: "devices.health", words: deviceHealths },
    worker: text("devices.worker"),
    worker_host: text("devices.worker"),
    worker_host__hostname: text("devices.worker"),
    is_synced: { type: "boolean", column: "devices.is_synced" },
    physical_owner: { ...text("u.username"), any: owner },
    physical_owner__username: { ...text("u.username"), any: owner },
    physical_group: { ...text("g.name"), any: group },
    physical_group__name: { ...text("g.name"), any: group },
  },
  orderings: {
    name: "devices.name",
    hostname: "devices.name",
    device_type: "devices.device_type",
    state: "devices.state",
    health: "devices.health",
    worker: "devices.worker",
    worker_host: "devices.worker",
  },
  ordering: "name",
  tieBreak: "devices.name",
};
