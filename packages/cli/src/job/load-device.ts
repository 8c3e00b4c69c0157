import { basename } from "node:path";
import {
  asObject,
  type Device,
  deviceProblemsToError,
  type JsonObject,
  readYaml,
  toDevice,
  validateDevice,
} from "@basalt/core";
import type { DeviceInput } from "./device-input.js";
import { isTemplate, templateEnvironment } from "./device-templates.js";
import { readInput } from "./read-input.js";

export interface LoadDeviceOptions {
  /** The job's `context`: values for the device's templates. */
  readonly context?: JsonObject;
}

/** The text of a device: as it stands, or what its template renders with the job's context. */
async function deviceText(input: DeviceInput, context: JsonObject): Promise<string> {
  const source = await readInput(input.file, { kind: "configuration", code: "ERR_DEVICE_UNREADABLE", what: "device" });
  if (!isTemplate(input.file.path)) return source;
  const [environment, { jobContext, renderDevice, typeOfDictionary }] = await Promise.all([
    templateEnvironment(input, input.file),
    import("@basalt/device-types"),
  ]);
  const template = basename(input.file.path);
  const type = typeOfDictionary(source);
  return renderDevice(environment, {
    template,
    hostname: template.replace(/\.\w+$/, ""),
    ...(type === undefined ? {} : { type }),
    context: jobContext(context, input.extraContext).allowed,
  });
}

/**
 * Reads a device from a file: a rendered dictionary (`.yaml`) as it stands, a dictionary (`.jinja2`) rendered with the job's context.
 * @throws ERR_DEVICE_UNREADABLE, ERR_DEVICE_INVALID, ERR_YAML_*, ERR_JINJA_* (configuration)
 */
export async function loadDevice(input: DeviceInput, { context = {} }: LoadDeviceOptions = {}): Promise<Device> {
  const text = await deviceText(input, context);
  const { name, path } = input.file;
  const file = isTemplate(path) ? `${name} (rendered)` : name;
  const document = await readYaml(text, { file, kind: "configuration", quiet: true });
  const result = await validateDevice(document);
  if (!result.ok) throw deviceProblemsToError(result.problems);
  return toDevice(asObject(document.value));
}
