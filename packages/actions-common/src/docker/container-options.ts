import { asText, asTexts, type Json, type JsonObject } from "@basalt/core";

const each = (flag: string, value: Json | undefined): readonly string[] =>
  asTexts(value).map((item) => `--${flag}=${item}`);

/** What the device's dictionary says of its container: cpus, memory, volumes... 0 is no limit. */
export function containerOptions(options: JsonObject): readonly string[] {
  const limit = (flag: string, value: Json | undefined): readonly string[] =>
    value === undefined || value === null || Number(value) === 0 ? [] : [`--${flag}=${asText(value)}`];
  return [
    ...limit("cpus", options.cpus),
    ...limit("memory", options.memory),
    ...(options.privileged === true ? ["--privileged"] : []),
    ...each("cap-add", options.capabilities),
    ...each("device", options.devices),
    ...each("network", options.networks),
    ...each("volume", options.volumes),
    ...asTexts(options.extra_arguments),
  ];
}
