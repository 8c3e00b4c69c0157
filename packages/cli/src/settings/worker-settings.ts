import { hostname } from "node:os";
import { join } from "node:path";
import type { DaemonLogLevel } from "@basalt/core";
import { type DaemonLogFormat, daemonLogFormats, daemonLogLevels, isKeyName } from "@basalt/link";
import {
  choiceSetting,
  flagSetting,
  pathSetting,
  patternSetting,
  readGiven,
  type Setting,
  type Settings,
  type SettingsSources,
  textsSetting,
} from "./read-settings.js";

/** What `basalt worker` is told, by its options or in its file. */
export interface WorkerSettings {
  /** `tcp://host:5556` */
  readonly server: string;
  readonly name: string;
  readonly stateFolder: string;
  readonly encrypt: boolean;
  /** Folder of the two key files below. */
  readonly keys: string;
  /** The server's public key file. */
  readonly serverKey: string;
  /** This worker's secret key file. */
  readonly workerKey: string;
  readonly logLevel: DaemonLogLevel;
  readonly logFormat: DaemonLogFormat;
  /** Plugins for jobs, beside those that come with the command. */
  readonly plugin: readonly string[];
  /** basalt.config.yaml for jobs: plugins and what this machine is to devices. */
  readonly settings?: string;
}

const nameSetting: Setting<string> = {
  expected: 'a name of letters, digits, ".", "_" and "-"',
  read: (value) => (typeof value === "string" && isKeyName(value) ? value : undefined),
};

export const workerSettings: Settings<WorkerSettings> = {
  server: patternSetting(
    /^tcp:\/\/(\[[0-9a-fA-F:.%]+\]|[^\s:/]+):\d{1,5}$/,
    "an address such as tcp://server.lab:5556",
  ),
  name: nameSetting,
  stateFolder: pathSetting("a folder's path"),
  encrypt: flagSetting,
  keys: pathSetting("a folder's path"),
  serverKey: pathSetting("a file's path"),
  workerKey: pathSetting("a file's path"),
  logLevel: choiceSetting(daemonLogLevels),
  logFormat: choiceSetting(daemonLogFormats),
  plugin: textsSetting("a list of package names or paths"),
  settings: pathSetting("a file's path"),
};

/** Where jobs and keys lie if nobody says: systemd's StateDirectory, or the usual place. */
const defaultState = (env: Readonly<Record<string, string | undefined>>): string =>
  env.STATE_DIRECTORY ?? "/var/lib/basalt/worker";

/**
 * Settings of a worker: an option counts more than the file, the file more than what is usual.
 * @throws ERR_CONFIG_INVALID, ERR_CONFIG_UNREADABLE
 */
export async function readWorkerSettings(sources: SettingsSources): Promise<WorkerSettings> {
  const all = await readGiven(sources, workerSettings);
  const stateFolder = all.stateFolder ?? defaultState(sources.env);
  const name = all.name ?? hostname();
  const keys = all.keys ?? join(stateFolder, "keys");
  return {
    server: "tcp://127.0.0.1:5556",
    // a key that is named is meant to be used
    encrypt: all.serverKey !== undefined || all.workerKey !== undefined,
    logLevel: "info",
    logFormat: "text",
    plugin: [],
    serverKey: join(keys, "server.key"),
    workerKey: join(keys, `${name}.key_secret`),
    ...all,
    stateFolder,
    name,
    keys,
  };
}
