import {
  buildPipeline,
  type Device,
  type Job,
  jobError,
  type Pipeline,
  type Plugin,
  toJob,
  unmetReads,
} from "@basalt/core";
import { needsOfDevice, needsOfJob } from "@basalt/plugin-loader";
import type { PluginCatalog } from "../plugins/plugin-catalog.js";
import { unknownDriver } from "../run/drivers.js";
import { checkDriverSettings } from "./check-driver-settings.js";
import { checkJob } from "./check-job.js";
import type { DeviceInput } from "./device-input.js";
import type { InputFile } from "./input-file.js";
import { loadDevice } from "./load-device.js";
import { readJob } from "./read-job.js";

export interface PrepareJobOptions {
  readonly job: InputFile;
  readonly device: DeviceInput;
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
  /** The plugins that serve its blocks and protocols; not those that drive the device. */
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

/** Drivers are known by the plugins' manifests: a device that names one nobody has is refused before its plugin's code is needed. */
export function checkDrivers(device: Device, { manifests }: PluginCatalog): void {
  for (const { kind, name } of needsOfDevice(device)) {
    const known = manifests.flatMap(({ contributes }) => contributes[kind]);
    if (!known.includes(name))
      throw unknownDriver({ what: kind === "power" ? "power" : "connection", name, device }, known);
  }
}

/** The plugins that drive a device, its settings for them checked. @throws ERR_DEVICE_INVALID (configuration) */
export async function driversFor(device: Device, catalog: PluginCatalog): Promise<readonly Plugin[]> {
  const plugins = await catalog.load(needsOfDevice(device));
  await checkDriverSettings(device, plugins);
  return plugins;
}

/** What is wrong with the order of a job's blocks; undefined where nothing is. */
function orderProblem(pipeline: Pipeline): Error | undefined {
  const unmet = unmetReads(pipeline);
  if (unmet.length === 0) return undefined;
  const reads = unmet.map(
    ({ level, action, slot, namespace }) =>
      `${level} ${action} needs '${slot}' of namespace '${namespace}', which nothing before it gives`,
  );
  return jobError(
    "ERR_PLAN_UNMET",
    `the blocks' order can't work: ${reads.join("; ")}. Is a deploy or boot block missing, or in another namespace?`,
    { details: { unmet } },
  );
}

/**
 * Reads a job and a device, checks both, and plans. Touches no hardware and no network.
 * @throws what is wrong, of kind job or configuration
 */
export async function prepareJob(options: PrepareJobOptions): Promise<PreparedJob> {
  const { catalog, strict } = options;
  const document = await readJob(options.job);
  const device = await loadDevice(options.device, { context: jobOrNothing(document.value)?.context ?? {} });
  checkDrivers(device, catalog);
  const plugins = await pluginsFor(document.value, catalog);
  const warnings = await checkJob(document, plugins, { strict, catalog });
  const job = toJob(document.value);
  const strategies = plugins.flatMap((plugin) => plugin.strategies ?? []);
  const pipeline = buildPipeline(job, device, strategies);
  const problem = orderProblem(pipeline);
  if (problem && !options.showOnly) throw problem;
  return {
    job,
    device,
    plugins,
    pipeline,
    warnings: problem ? [...warnings, `warning: ${problem.message}`] : warnings,
  };
}
