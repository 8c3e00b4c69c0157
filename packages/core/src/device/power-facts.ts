import { isJsonObject } from "../json.js";
import { type Device, deviceCommand } from "./device.js";

/** What can be done to a device's power, as far as its dictionary says: planning depends on it. */
export interface PowerFacts {
  readonly on: boolean;
  readonly off: boolean;
  /** A hard reset: LAVA's `hard_reset` command, or a driver that can cycle. */
  readonly reset: boolean;
}

/** Reads it from `power: {driver: ...}` or LAVA's `commands`. */
export function powerFacts(device: Device): PowerFacts {
  if (isJsonObject(device.dictionary.power)) return { on: true, off: true, reset: true };
  const has = (name: string): boolean => deviceCommand(device, name).length > 0;
  return { on: has("power_on"), off: has("power_off"), reset: has("hard_reset") };
}
