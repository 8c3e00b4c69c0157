import { configurationError } from "../errors.js";
import { dig, hasKey, type Json, type JsonObject } from "../json.js";
import type { DeploymentData } from "./deployment-data.js";
import type { Device } from "./device.js";

/** Where a constant may come from, strongest first: the job's context, deployment data, the device's `constants`. */
export interface ConstantSources {
  readonly context: JsonObject;
  readonly deploymentData?: DeploymentData | undefined;
  readonly device: Device;
}

/** A constant of the device, or undefined; `prefix` names a group of constants like `u-boot` (lava-dispatcher.md 2.2). */
export function findConstant(sources: ConstantSources, key: string, prefix?: string): Json | undefined {
  if (hasKey(sources.context, key)) return sources.context[key];
  if (hasKey(sources.deploymentData, key)) return (sources.deploymentData as JsonObject)[key];
  const constants = sources.device.dictionary.constants;
  return prefix === undefined ? dig(constants, key) : dig(constants, prefix, key);
}

/** Like {@link findConstant}; throws ERR_CONSTANT_MISSING (configuration) where nothing names it. */
export function getConstant(sources: ConstantSources, key: string, prefix?: string): Json {
  const value = findConstant(sources, key, prefix);
  if (value === undefined) {
    const path = ["constants", ...(prefix === undefined ? [] : [prefix]), key].join(".");
    throw configurationError(
      "ERR_CONSTANT_MISSING",
      `device ${sources.device.hostname} has no ${path}: add it to the device dictionary`,
    );
  }
  return value;
}
