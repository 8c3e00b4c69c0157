import { join } from "node:path";
import type { DaemonLogLevel } from "@basalt/core";
import { type DaemonLogFormat, daemonLogFormats, daemonLogLevels } from "@basalt/link";
import {
  choiceSetting,
  flagSetting,
  listSetting,
  pathSetting,
  patternSetting,
  readGiven,
  type Setting,
  type Settings,
  type SettingsSources,
  textSetting,
  textsSetting,
} from "./read-settings.js";

/** What `basalt server` is told, by its options or in its file. */
export interface ServerSettings {
  readonly stateFolder: string;
  /** In the file or in DATABASE_URL: a command line would show its password to everybody. */
  readonly databaseUrl?: string;
  readonly host: string;
  readonly port: number;
  /** Where workers dial in. */
  readonly workers: string;
  readonly encrypt: boolean;
  /** The server's secret key file. */
  readonly serverKey: string;
  /** Folder of its workers' public keys. */
  readonly workerKeys: string;
  /** Workers that nobody added are added when they say hello. */
  readonly autoRegister: boolean;
  /** Believes what a proxy before it says of a request (X-Forwarded-For, -Proto, -Host). */
  readonly trustProxy: boolean;
  /** Names by which pages and API may be asked for, besides addresses, localhost and the machine's name; `*`: any. */
  readonly allowedHost: readonly string[];
  /** Seconds after which the jobs of a worker that is gone are given up; 0: never. */
  readonly jobLostAfter: number;
  /** Seconds a job may wait in the queue if it does not say itself. */
  readonly queueTimeout?: number;
  readonly logLevel: DaemonLogLevel;
  readonly logFormat: DaemonLogFormat;
  readonly plugin: readonly string[];
  /** basalt.config.yaml: plugins and variables that jobs may set. */
  readonly settings?: string;
}

const wholeNumber = (expected: string, most: number): Setting<number> => ({
  expected,
  read(value) {
    const number = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
    return typeof number === "number" && Number.isInteger(number) && number >= 0 && number <= most ? number : undefined;
  },
});

const seconds = wholeNumber("a whole number of seconds", 10 * 366 * 86_400);

export const serverSettings: Settings<ServerSettings> = {
  stateFolder: pathSetting("a folder's path"),
  databaseUrl: textSetting("an address such as postgresql://basalt@db.lab/basalt"),
  host: textSetting("an address of this machine such as 127.0.0.1"),
  port: wholeNumber("a port from 0 to 65535", 65_535),
  workers: patternSetting(
    /^tcp:\/\/(\[[0-9a-fA-F:.%]+\]|[^\s:/]+):(\d{1,5}|\*)$/,
    "an address such as tcp://127.0.0.1:5556",
  ),
  encrypt: flagSetting,
  serverKey: pathSetting("a file's path"),
  workerKeys: pathSetting("a folder's path"),
  autoRegister: flagSetting,
  trustProxy: flagSetting,
  allowedHost: listSetting(/^(?:\*|[\w.-]+)$/, "names such as lab.example.org, without a port, or *"),
  jobLostAfter: seconds,
  queueTimeout: seconds,
  logLevel: choiceSetting(daemonLogLevels),
  logFormat: choiceSetting(daemonLogFormats),
  plugin: textsSetting("a list of package names or paths"),
  settings: pathSetting("a file's path"),
};

/** Whether only programs of this machine reach an address for workers. */
export const isOnLoopback = (workers: string): boolean =>
  /^tcp:\/\/(127\.\d+\.\d+\.\d+|\[::1\]|localhost):/.test(workers);

/**
 * Settings of a server: an option counts more than the file, the file more than the environment and what is usual.
 * @throws ERR_CONFIG_INVALID, ERR_CONFIG_UNREADABLE
 */
export async function readServerSettings(sources: SettingsSources): Promise<ServerSettings> {
  const all = await readGiven(sources, serverSettings);
  const stateFolder = all.stateFolder ?? sources.env.STATE_DIRECTORY ?? "/var/lib/basalt/server";
  const databaseUrl = all.databaseUrl ?? sources.env.DATABASE_URL;
  const workers = all.workers ?? "tcp://127.0.0.1:5556";
  const encrypt = all.encrypt ?? (all.serverKey !== undefined || all.workerKeys !== undefined);
  return {
    host: "127.0.0.1",
    port: 8000,
    jobLostAfter: 600,
    // a key that an admin put there names its worker; without keys, only this machine's programs are believed
    autoRegister: encrypt || isOnLoopback(workers),
    trustProxy: false,
    allowedHost: [],
    logLevel: "info",
    logFormat: "text",
    plugin: [],
    serverKey: join(stateFolder, "keys", "server.key_secret"),
    workerKeys: join(stateFolder, "keys", "workers.d"),
    ...all,
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
    stateFolder,
    workers,
    encrypt,
  };
}
