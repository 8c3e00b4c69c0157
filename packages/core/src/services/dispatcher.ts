import type { JsonObject } from "../json.js";
import { token } from "../token.js";

/** What this worker is to its devices and jobs (LAVA: dispatcher.yaml, env-dut.yaml). */
export interface Dispatcher {
  /** Address that devices reach this worker at. */
  readonly ip: string;
  /** Put before job ids in folder names, so that several instances share a machine. */
  readonly prefix: string;
  /** Exported in the device's shell (`env-dut.yaml`). */
  readonly environmentForDevice: Readonly<Record<string, string>>;
  readonly config: JsonObject;
}
export const DispatcherToken = token<Dispatcher>("Dispatcher");
