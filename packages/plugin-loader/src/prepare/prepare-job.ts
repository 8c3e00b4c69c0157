import {
  buildPipeline,
  checkTimeoutNames,
  type Device,
  formatProblems,
  type Job,
  type JsonObject,
  type Pipeline,
  type Plugin,
  problemsToError,
  readYaml,
  toJob,
  type YamlDocument,
} from "@basalt/core";
import type { PluginCatalog } from "../catalog.js";
import { needsOfDevice, needsOfJob } from "../needed-plugins.js";
import { checkDriverSettings } from "./check-driver-settings.js";
import { type CheckJobOptions, checkJob } from "./check-job.js";
import { checkDrivers } from "./known-drivers.js";
import { orderProblem } from "./order-problem.js";
import { type NamedText, readDevice } from "./read-device.js";

export interface PrepareJobOptions extends Pick<CheckJobOptions, "extraContext"> {
  /** Its text, or what was read of it. */
  readonly job: NamedText | YamlDocument;
  /** The device's rendered dictionary; or what renders it from the job's `context`, or has it read and checked already. */
  readonly device: NamedText | ((context: JsonObject) => Promise<NamedText | Device>);
  /** Unknown keys of the job are refused, too, and timeouts of actions that its plan does not have. */
  readonly strict: boolean;
  readonly catalog: PluginCatalog;
  /** The plan is only looked at: an order of blocks that can't work is a warning, not a refusal. */
  readonly showOnly?: boolean;
}

/** A job that can run: read, checked and planned. */
export interface PreparedJob {
  readonly job: Job;
  readonly device: Device;
  readonly pipeline: Pipeline;
  /** The plugins that serve its blocks and protocols; those that drive the device come with {@link withDrivers}. */
  readonly plugins: readonly Plugin[];
  /** What its author should know, ready to print. */
  readonly warnings: readonly string[];
}

/** The plugins that a definition asks for; all of them for one that is no job at all, so that all that is wrong with it can be told. */
export async function pluginsFor(definition: unknown, catalog: PluginCatalog): Promise<readonly Plugin[]> {
  const job = jobOrNothing(definition);
  return job === undefined ? catalog.loadAllForJobs() : catalog.load(needsOfJob(job));
}

function jobOrNothing(definition: unknown): Job | undefined {
  try {
    return toJob(definition);
  } catch {
    return undefined;
  }
}

/** The plugins that drive a device, its settings for them checked. @throws ERR_DEVICE_INVALID (configuration) */
export async function driversFor(device: Device, catalog: PluginCatalog): Promise<readonly Plugin[]> {
  const plugins = await catalog.load(needsOfDevice(device));
  await checkDriverSettings(device, plugins);
  return plugins;
}

/** A prepared job with the plugins that drive its device, for a machine that is to run it. @throws as {@link driversFor} */
export async function withDrivers(prepared: PreparedJob, catalog: PluginCatalog): Promise<PreparedJob> {
  const drivers = await driversFor(prepared.device, catalog);
  return { ...prepared, plugins: [...new Set([...prepared.plugins, ...drivers])] };
}

/**
 * Reads a job and a device, checks both, and plans. Pure but for loading plugins: the server runs it, too, so that a bad job is refused at
 * submission with the worker's words.
 * @throws what is wrong, of kind job or configuration
 */
export async function prepareJob(options: PrepareJobOptions): Promise<PreparedJob> {
  const { catalog, strict, extraContext = [] } = options;
  const document =
    "value" in options.job ? options.job : await readYaml(options.job.text, { file: options.job.name, kind: "job" });
  const text =
    typeof options.device === "function"
      ? await options.device(jobOrNothing(document.value)?.context ?? {})
      : options.device;
  const device = "text" in text ? await readDevice(text) : text;
  checkDrivers(device, catalog);
  const plugins = await pluginsFor(document.value, catalog);
  const checked = await checkJob(document, plugins, { strict, catalog, extraContext });
  const job = toJob(document.value);
  const strategies = plugins.flatMap((plugin) => plugin.strategies ?? []);
  const pipeline = buildPipeline(job, device, strategies);
  const problem = orderProblem(pipeline);
  if (problem && !options.showOnly) throw problem;
  const timeouts = await checkTimeoutNames(document, pipeline, { strict });
  if (!timeouts.ok) throw problemsToError(timeouts.problems);
  const warnings = [
    ...checked,
    ...(timeouts.warnings.length === 0 ? [] : [formatProblems(timeouts.warnings)]),
    ...(problem ? [`warning: ${problem.message}`] : []),
  ];
  return { job, device, plugins, pipeline, warnings };
}
