import type { Device, DeviceConnection } from "../device/device.js";
import type { JsonObject } from "../json.js";
import type { ConnectionTransport } from "../services/consoles.js";
import type { Power } from "../services/power.js";
import type { Resolve } from "../token.js";

/** A way to switch power: `power: {driver: NAME, ...}` in a device, or LAVA's commands. */
export interface PowerDriver {
  readonly name: string;
  /** JSON Schema (2020-12) of the keys beside `driver`. */
  readonly schema: object;
  create(request: { readonly device: Device; readonly config: JsonObject; readonly resolve: Resolve }): Power;
}
export const definePowerDriver = (driver: PowerDriver): PowerDriver => Object.freeze(driver);

/** A way to a console: `connection: {driver: NAME, ...}` in a device, or LAVA's connection commands. */
export interface ConnectionDriver {
  readonly name: string;
  /** JSON Schema (2020-12) of the keys beside `driver`. */
  readonly schema: object;
  open(request: {
    readonly device: Device;
    readonly connection: DeviceConnection;
    readonly resolve: Resolve;
    readonly signal: AbortSignal;
  }): Promise<ConnectionTransport>;
}
export const defineConnectionDriver = (driver: ConnectionDriver): ConnectionDriver => Object.freeze(driver);
