import type { Field } from "../fields.js";
import type { Listing } from "../page.js";

const text = (name: string): Field => ({ type: "text", column: `device_types.${name}` });
const number = (name: string): Field => ({ type: "number", column: `device_types.${name}` });
const flag = (name: string): Field => ({ type: "boolean", column: `device_types.${name}` });

const isUsable = "w.state = 'Online' and w.health = 'Active'";
const isHealthy = "d.health in ('Good', 'Unknown', 'Looping')";
const hasText = (kind: string): string =>
  `exists (select 1 from documents x where x.kind = '${kind}' and x.name = device_types.name and x.current and x.text is not null)`;

/** Device types as DeviceTypeView has them. */
export const typeListing: Listing = {
  from: "device_types",
  select: `device_types.name, device_types.description, device_types.architecture, device_types.processor, device_types.cpu_model,
    device_types.bits, device_types.cores, device_types.core_count, device_types.health_frequency, device_types.health_denominator,
    device_types.disable_health_check, device_types.display, device_types.job_limit,
    array(select a.name from aliases a where a.device_type = device_types.name order by a.name) as aliases,
    (select json_build_object(
        'idle', count(*) filter (where d.state = 'Idle' and ${isHealthy} and ${isUsable}),
        'busy', count(*) filter (where d.state <> 'Idle'),
        'offline', count(*) filter (where d.state = 'Idle' and not coalesce(${isHealthy} and ${isUsable}, false)))
      from devices d left join workers w on w.name = d.worker
      where d.device_type = device_types.name and d.health <> 'Retired') as devices,
    ${hasText("devicetype")} as has_template, ${hasText("health-check")} as has_health_check`,
  fields: {
    name: text("name"),
    description: text("description"),
    architecture: text("architecture"),
    architecture__name: text("architecture"),
    processor: text("processor"),
    processor__name: text("processor"),
    cpu_model: text("cpu_model"),
    bits: number("bits"),
    bits__width: number("bits"),
    cores: {
      type: "text",
      column: "core.name",
      any: "exists (select 1 from unnest(device_types.cores) as core(name) where %)",
    },
    core_count: number("core_count"),
    aliases: {
      type: "text",
      column: "a.name",
      any: "exists (select 1 from aliases a where a.device_type = device_types.name and %)",
    },
    health_frequency: number("health_frequency"),
    health_denominator: { type: "word", column: "device_types.health_denominator", words: ["hours", "jobs"] },
    disable_health_check: flag("disable_health_check"),
    display: flag("display"),
  },
  orderings: { name: "device_types.name", description: "device_types.description" },
  ordering: "name",
  tieBreak: "device_types.name",
};
