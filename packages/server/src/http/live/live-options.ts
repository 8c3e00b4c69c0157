import type { Clock, DaemonLog } from "@basalt/core";
import type { LogIntake } from "../../results/index.js";
import type { Services } from "../../services/types.js";
import type { Store } from "../../store/store.js";
import type { KnownHostsOptions } from "../known-hosts.js";
import type { SocketLimits } from "./socket-slots.js";

/** What the WebSockets of a server work with. */
export interface LiveOptions extends KnownHostsOptions {
  readonly services: Services;
  readonly store: Store;
  readonly intake?: Pick<LogIntake, "onGrown">;
  readonly clock: Clock;
  readonly log: DaemonLog;
  /** How often clients are pinged, and looked up again: who logged out or lost a right hears no more. 30 s if absent. */
  readonly livePingMs?: number;
  readonly liveLimits?: SocketLimits;
}
