import { basename } from "node:path";
import type { JsonObject } from "@basalt/core";
import type { NamedText } from "@basalt/plugin-loader";
import type { DeviceInput } from "./device-input.js";
import { isTemplate, renderFrom, templateEnvironment } from "./device-templates.js";
import { readInput } from "./read-input.js";

/**
 * The text of a device: a rendered dictionary (`.yaml`) as it stands, a dictionary (`.jinja2`) as the job's context renders it.
 * @throws ERR_DEVICE_UNREADABLE, ERR_JINJA_* (configuration)
 */
export async function deviceText(input: DeviceInput, context: JsonObject): Promise<NamedText> {
  const { name, path } = input.file;
  const source = await readInput(input.file, { kind: "configuration", code: "ERR_DEVICE_UNREADABLE", what: "device" });
  if (!isTemplate(path)) return { name, text: source };
  const [environment, { jobContext, renderDevice, typeOfDictionary }] = await Promise.all([
    templateEnvironment(input, input.file),
    import("@basalt/device-types"),
  ]);
  const template = basename(path);
  const type = typeOfDictionary(source);
  const device = {
    template,
    hostname: template.replace(/\.\w+$/, ""),
    ...(type === undefined ? {} : { type }),
    context: jobContext(context, input.extraContext).allowed,
  };
  const text = renderFrom(input.folders, () => renderDevice(environment, device));
  return { name: `${name} (rendered)`, text };
}
