import { type BasaltError, closest, configurationError, type Device } from "@basalt/core";
import type { PluginCatalog } from "../catalog.js";
import { needsOfDevice } from "../needed-plugins.js";

/** A driver that a device names. */
export interface WantedDriver {
  readonly what: "power" | "connection";
  readonly name: string;
  readonly device: Device;
}

/** The error of a device that names a driver nobody has: ERR_DRIVER_UNKNOWN (configuration). */
export function unknownDriver({ what, name, device }: WantedDriver, known: readonly string[]): BasaltError {
  const near = closest(name, known);
  const hint = near === undefined ? "" : ` Did you mean '${near}'?`;
  return configurationError(
    "ERR_DRIVER_UNKNOWN",
    `device ${device.hostname || device.type} names the ${what} driver '${name}', which no plugin here has.${hint} ` +
      `Known: ${known.join(", ") || "none"}. Install the package that has it (npm install @basalt/${what}-${name}) and name it with --plugin`,
    { details: { driver: name, known } },
  );
}

/**
 * Drivers are known by the plugins' manifests: a device that names one nobody has is refused before its plugin's code is needed.
 * @throws ERR_DRIVER_UNKNOWN (configuration)
 */
export function checkDrivers(device: Device, { manifests }: Pick<PluginCatalog, "manifests">): void {
  for (const { kind, name } of needsOfDevice(device)) {
    const known = manifests.flatMap(({ contributes }) => contributes[kind]);
    if (!known.includes(name))
      throw unknownDriver({ what: kind === "power" ? "power" : "connection", name, device }, known);
  }
}
