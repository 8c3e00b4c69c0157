import { systemClock } from "@basalt/core";
import { makeDaemonLog } from "@basalt/link";
import { httpFront, type Store, startServer } from "@basalt/server";
import type { Io } from "../io.js";
import { ownPackage } from "../own-package.js";
import { readConfig } from "../plugins/config.js";
import { findPlugins } from "../plugins/plugin-catalog.js";
import { untilStopped } from "../run/until-stopped.js";
import { makeStateFolder } from "../settings/make-state-folder.js";
import { readServerSettings, type ServerSettings } from "../settings/server-settings.js";
import { mayStart } from "./admin/restore-mark.js";

/** Options of `basalt server` as they are written; {@link readServerSettings} checks them. */
export type ServerArguments = {
  readonly [Key in Exclude<
    keyof ServerSettings,
    "encrypt" | "autoRegister" | "trustProxy" | "allowedHost" | "plugin" | "databaseUrl"
  >]?: string;
} & {
  readonly encrypt?: boolean;
  readonly autoRegister?: boolean;
  readonly trustProxy?: boolean;
  readonly allowedHost?: readonly string[];
  readonly plugin: readonly string[];
  readonly config?: string;
};

/** `basalt server`: serves until it is told to stop. Jobs go on then. */
export async function serverCommand(args: ServerArguments, io: Io): Promise<number> {
  const settings = await readServerSettings({ cwd: io.cwd, env: io.env, args });
  await makeStateFolder(settings.stateFolder);
  await mayStart(settings);
  const clock = io.clock ?? systemClock;
  const log = makeDaemonLog(io.stderr, { level: settings.logLevel, format: settings.logFormat, name: "server", clock });
  const config = await readConfig(io.cwd, settings.settings);
  const catalog = await findPlugins({ cwd: io.cwd, plugins: settings.plugin, config });
  using until = untilStopped(io, { log, what: "the server", jobs: "jobs go on" });
  const { encrypt, serverKey, workerKeys } = settings;
  await using server = await startServer({
    ...settings,
    ...(encrypt ? { encryption: { serverKey, workerKeys } } : {}),
    extraContext: config.extraContext,
    catalog,
    version: ownPackage().version,
    clock,
    log,
    http: httpFront({
      catalog,
      clock,
      log,
      version: ownPackage().version,
      trustProxy: settings.trustProxy,
      host: settings.host,
      allowedHosts: settings.allowedHost,
    }),
  });
  if (!(await canAnybodyLogIn(server.lab.store)))
    log.warning(
      `nobody can log in yet: make a first superuser with 'basalt admin init --state-folder ${settings.stateFolder}'${settings.databaseUrl === undefined ? "" : " (and DATABASE_URL as here)"}`,
    );
  return await until.stopped;
}

/** A new database has only the user of health checks. */
async function canAnybodyLogIn({ knex }: Store): Promise<boolean> {
  // a database that goes away just now has no bearing on this hint
  const found = knex("users").where({ is_superuser: true, is_active: true }).select("id").limit(1);
  return (await found.catch(() => [undefined])).length > 0;
}
