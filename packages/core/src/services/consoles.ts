import type { Transport } from "../console/index.js";
import type { DeviceConnection } from "../device/device.js";
import { token } from "../token.js";

/** An open way to a device's console. Disposing hangs up. */
export type ConnectionTransport = Transport & AsyncDisposable;

/** Opens the device's consoles by their drivers. */
export interface Connections {
  /** @throws ERR_CONNECTION_REFUSED, ERR_CONNECTION_BUSY (infrastructure); ERR_DRIVER_UNKNOWN (configuration) */
  open(connection: DeviceConnection, options: { readonly signal: AbortSignal }): Promise<ConnectionTransport>;
}
export const ConnectionsToken = token<Connections>("Connections");
