import { extname } from "node:path";
import {
  asObject,
  configurationError,
  type Device,
  deviceProblemsToError,
  type JsonObject,
  readYaml,
  toDevice,
  validateDevice,
} from "@basalt/core";
import type { InputFile } from "./input-file.js";
import { readInput } from "./read-input.js";

export interface LoadDeviceOptions {
  /** The job's `context`: values for the device's templates. */
  readonly context?: JsonObject;
}

/**
 * Reads a device from a file. A rendered dictionary (`.yaml`) is taken as it stands.
 * @throws ERR_DEVICE_UNREADABLE, ERR_DEVICE_INVALID, ERR_YAML_* (configuration)
 */
export async function loadDevice(file: InputFile, _options: LoadDeviceOptions = {}): Promise<Device> {
  if ([".jinja2", ".j2"].includes(extname(file.path)))
    throw configurationError(
      "ERR_DEVICE_INVALID",
      `${file.name} is a template, not a rendered device dictionary: render it first (lavacli devices dict get --render NAME)`,
    );
  const text = await readInput(file, { kind: "configuration", code: "ERR_DEVICE_UNREADABLE", what: "device" });
  const document = await readYaml(text, { file: file.name, kind: "configuration" });
  const result = await validateDevice(document);
  if (!result.ok) throw deviceProblemsToError(result.problems);
  return toDevice(asObject(document.value));
}
