import type { Log } from "../run/log.js";
import { token } from "../token.js";

export interface PowerOptions {
  readonly signal: AbortSignal;
  readonly log: Log;
  /** Called by {@link Power.reset} between off and on, where the driver knows that moment: the device can say nothing then. */
  whileOff?(): Promise<void>;
}

/** Power of one device. A failed command is an infrastructure error with the device's answer; nothing fails silently. */
export interface Power {
  on(options: PowerOptions): Promise<void>;
  off(options: PowerOptions): Promise<void>;
  /** A hard reset: off, wait, on; or the hardware's own. */
  reset(options: PowerOptions): Promise<void>;
  /** What the hardware says, where it can. */
  state?(options: PowerOptions): Promise<"on" | "off" | "unknown">;
}
export const PowerToken = token<Power>("Power");
