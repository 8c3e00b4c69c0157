import type { Clock, DaemonLog } from "@basalt/core";
import type { PluginCatalog } from "@basalt/plugin-loader";
import type { DeviceConfigs } from "../devices/index.js";
import type { JobLife } from "../jobs/job-life.js";
import type { LogStore } from "../logs/index.js";
import type { Authenticator } from "../people/authenticator.js";
import type { LoginLimits } from "../people/login-limits.js";
import type { LogIntake } from "../results/index.js";
import type { Store } from "../store/store.js";
import type { RightsCache } from "./rights-cache.js";

/** What services are made of. */
export interface ServiceOptions {
  readonly store: Store;
  readonly configs: DeviceConfigs;
  readonly catalog: PluginCatalog;
  readonly logs: LogStore;
  /** So that results of lines just stored are seen; without it they come when they come. */
  readonly intake?: LogIntake;
  readonly life: JobLife;
  readonly clock: Clock;
  readonly log: DaemonLog;
  readonly options?: ServiceSettings;
}

export interface ServiceSettings {
  /** Instead of the passwords of the table `users`. */
  readonly authenticator?: Authenticator;
  readonly loginLimits?: LoginLimits;
  /** Days after which a session ends; 14 by default. */
  readonly sessionDays?: number;
  /** Seconds for which a token or a session that was found is not looked up again; 5 by default. */
  readonly rememberSeconds?: number;
  /** Basalt's own version. */
  readonly version?: string;
}

/** What all services share. */
export interface Context extends Omit<ServiceOptions, "options"> {
  readonly settings: ServiceSettings;
  readonly rights: RightsCache;
}
