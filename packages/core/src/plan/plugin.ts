import { token } from "../token.js";
import type { ConnectionDriver, PowerDriver } from "./driver.js";
import type { Protocol } from "./protocol.js";
import type { Strategy } from "./strategy.js";

/** The version of the plugin interface; a plugin's manifest names the one it was built for. */
export const pluginApiVersion = 1;

/** What a plugin package's default export is: frozen values that server, worker and cli find through their containers. */
export interface Plugin {
  /** The package's name. */
  readonly name: string;
  readonly strategies?: readonly Strategy[];
  readonly power?: readonly PowerDriver[];
  readonly connections?: readonly ConnectionDriver[];
  readonly protocols?: readonly Protocol[];
}
export const definePlugin = (plugin: Plugin): Plugin => Object.freeze(plugin);

export const StrategyToken = token<Strategy>("Strategy");
export const PowerDriverToken = token<PowerDriver>("PowerDriver");
export const ConnectionDriverToken = token<ConnectionDriver>("ConnectionDriver");
export const ProtocolToken = token<Protocol>("Protocol");
