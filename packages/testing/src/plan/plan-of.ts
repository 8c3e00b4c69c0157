import {
  asObject,
  buildPipeline,
  type Device,
  describePipeline,
  type Job,
  type JsonObject,
  type NodeDescription,
  type Pipeline,
  readYamlFast,
  type Strategy,
  toDevice,
  toJob,
} from "@basalt/core";

/** What to plan. */
export interface PlanOf {
  /** A definition (YAML text, or what YAML reads from it), or a job. */
  readonly job: string | JsonObject | Job;
  /** A rendered dictionary (YAML text, or what YAML reads from it), or a device. */
  readonly device: string | JsonObject | Device;
  readonly strategies: readonly Strategy[];
}

const isJob = (job: JsonObject | Job): job is Job => "blocks" in job;
const isDevice = (device: JsonObject | Device): device is Device => "dictionary" in device;

/** A dictionary or a device, as a device. */
export function asDevice(device: string | JsonObject | Device): Device {
  const read = typeof device === "string" ? asObject(readYamlFast(device, { file: "device.yaml" })) : device;
  return isDevice(read) ? read : toDevice(read);
}

/** A definition or a job, as a job. */
export function asJob(job: string | JsonObject | Job): Job {
  const read = typeof job === "string" ? asObject(readYamlFast(job, { file: "job.yaml" })) : job;
  return isJob(read) ? read : toJob(read);
}

/** The pipeline of a job on a device. */
export const planOf = ({ job, device, strategies }: PlanOf): Pipeline =>
  buildPipeline(asJob(job), asDevice(device), strategies);

/** A plan as text, one node a line, for goldens that people review: `1.2 download-retry 15m x3`. */
export function planText(plan: Pipeline | readonly NodeDescription[]): string {
  const rows = "blocks" in plan ? describePipeline(plan) : plan;
  const lines: string[] = [];
  const visit = ({ level, name, timeout, max_retries, url, pipeline }: NodeDescription): void => {
    const depth = level.split(".").length - 1;
    const retries = max_retries === 1 ? "" : ` x${max_retries}`;
    lines.push(
      `${"  ".repeat(depth)}${level} ${name} ${seconds(timeout)}${retries}${url === undefined ? "" : ` ${url}`}`,
    );
    pipeline?.forEach(visit);
  };
  rows.forEach(visit);
  return `${lines.join("\n")}\n`;
}

function seconds(total: number): string {
  const parts = [
    [Math.floor(total / 3600), "h"],
    [Math.floor(total / 60) % 60, "m"],
    [total % 60, "s"],
  ] as const;
  const text = parts.flatMap(([count, unit]) => (count > 0 ? [`${count}${unit}`] : [])).join("");
  return text === "" ? "0s" : text;
}

/** The first place where two plans differ, in words; undefined where they are equal. Order of nodes counts, order of keys does not. */
export function firstDifference(
  actual: readonly NodeDescription[],
  expected: readonly NodeDescription[],
): string | undefined {
  for (let i = 0; i < Math.max(actual.length, expected.length); i++) {
    const [a, e] = [actual[i], expected[i]];
    if (!a) return `${e?.level} ${e?.name} is missing`;
    if (!e) return `${a.level} ${a.name} is too many`;
    for (const key of ["name", "level", "max_retries", "timeout", "url"] as const)
      if (a[key] !== e[key]) return `${e.level} ${e.name}: ${key} is ${a[key]}, expected ${e[key]}`;
    if ((a.pipeline === undefined) !== (e.pipeline === undefined))
      return `${e.level} ${e.name}: ${e.pipeline ? "has no pipeline, expected one" : "has a pipeline, expected none"}`;
    const below = firstDifference(a.pipeline ?? [], e.pipeline ?? []);
    if (below !== undefined) return below;
  }
  return undefined;
}

/** Plans a job and compares with a golden: text as {@link planText} gives it, or rows. Throws an error that names the first difference. */
export function goldenPlan(request: PlanOf, golden: string | readonly NodeDescription[]): Pipeline {
  const pipeline = planOf(request);
  if (typeof golden === "string") {
    const [actual, expected] = [planText(pipeline), golden].map((text) =>
      text
        .trim()
        .split(/\n/)
        .map((l) => l.trim()),
    );
    const at = (expected ?? []).findIndex((line, i) => line !== actual?.[i]);
    const line = at >= 0 ? at : actual?.length === expected?.length ? -1 : (expected?.length ?? 0);
    if (line >= 0)
      throw new Error(
        `the plan differs in line ${line + 1}:\n- ${expected?.[line] ?? "(nothing)"}\n+ ${actual?.[line] ?? "(nothing)"}\n\nthe whole plan:\n${planText(pipeline)}`,
      );
    return pipeline;
  }
  const difference = firstDifference(describePipeline(pipeline), golden);
  if (difference !== undefined) throw new Error(`the plan differs: ${difference}\n\n${planText(pipeline)}`);
  return pipeline;
}
