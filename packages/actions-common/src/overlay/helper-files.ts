import { asList, asObject, asText, type Device, dig, type Json } from "@basalt/core";
import { singleQuoted } from "./shell-text.js";

/** Values that single scripts get: device dictionaries name them, tests ask for them. */
function scriptVariables(device: Device): Readonly<Record<string, Readonly<Record<string, string>>>> {
  const { dictionary } = device;
  const text = (...keys: readonly string[]): string => asText(dig(dictionary, ...keys)) ?? "";
  const storage = asList(dictionary.storage_info).flatMap((entry) =>
    Object.entries(asObject(entry)).map(
      ([method, value]: readonly [string, Json | undefined]) => `${method} ${asText(value) ?? ""}`,
    ),
  );
  return {
    "lava-target-ip": { TARGET_DEVICE_IP: text("parameters", "interfaces", "target", "ip") || text("device_ip") },
    "lava-target-mac": { TARGET_DEVICE_MAC: text("parameters", "interfaces", "target", "mac") || text("device_mac") },
    "lava-target-storage": { LAVA_STORAGE: storage.join("\n") },
    "lava-probe-ip": { PROBE_DEVICE_IP: text("probe_ip") },
    "lava-probe-channel": { PROBE_DEVICE_CHANNEL: text("probe_channel") },
  };
}

/** The overlay's `bin`: each script with its first line and what the device's dictionary adds to it. */
export function helperFiles(
  scripts: Readonly<Record<string, string>>,
  shell: string,
  device: Device,
): ReadonlyMap<string, string> {
  const variables = scriptVariables(device);
  return new Map(
    Object.entries(scripts).map(([name, body]) => {
      const own = Object.entries(variables[name] ?? {}).map(([key, value]) => `${key}=${singleQuoted(value)}\n`);
      return [name, `#!${shell}\n${own.join("")}${body}`];
    }),
  );
}
