import { userInfo } from "node:os";
import { join } from "node:path";
import { configurationError, systemClock } from "@basalt/core";
import { makeDaemonLog } from "@basalt/link";
import {
  type CheckHealthCheck,
  DeviceConfigs,
  healthCheckAsJob,
  localLogStore,
  makeJobLife,
  makeServices,
  type Person,
  type Services,
  type Store,
  systemAdmin,
} from "@basalt/server";
import type { Io } from "../../io.js";
import { ownPackage } from "../../own-package.js";
import { readConfig } from "../../plugins/config.js";
import { findPlugins } from "../../plugins/plugin-catalog.js";
import type { ServerSettings } from "../../settings/server-settings.js";
import { type KnownThing, mustBeKnown } from "./known.js";
import { type OpenAdminStore, openAdminStore } from "./open-store.js";
import { makeOutput, type Output } from "./output.js";
import { type AdminArguments, adminSettings } from "./settings.js";

/** What a command of `basalt admin` works with. */
export interface Admin {
  readonly io: Io;
  readonly args: AdminArguments;
  readonly settings: ServerSettings;
  readonly out: Output;
  readonly store: Store;
  readonly services: Services;
  readonly checkHealthCheck: CheckHealthCheck;
  /** A superuser, named after who runs the command: stands in the log. */
  readonly asker: Person;
  /** @throws ERR_ADMIN_UNKNOWN, naming the nearest that there is */
  mustBeKnown(thing: KnownThing, name: string): Promise<void>;
  /** @throws ERR_ADMIN_CONFIRM unless `--yes` was given */
  mustBeConfirmed(what: string): void;
}

/** Who runs the command, for logs and revisions: through sudo, who called it. */
function askerOf({ env }: Io): Person {
  const name = env.SUDO_USER || userInfo().username;
  return { ...systemAdmin, username: `${name} (basalt admin)` };
}

/** Opens the instance, does the work, closes it. An embedded database that no server keeps runs for as long. */
export async function withAdmin(
  args: AdminArguments,
  io: Io,
  work: (admin: Admin) => Promise<number | undefined> | Promise<void>,
  options: OpenAdminStore = {},
): Promise<number> {
  const settings = await adminSettings(args, io);
  await using store = await openAdminStore(settings, io, options);
  const clock = io.clock ?? systemClock;
  const config = await readConfig(io.cwd, settings.settings);
  const catalog = await findPlugins({ cwd: io.cwd, plugins: settings.plugin, config });
  await using logs = localLogStore({ folder: join(settings.stateFolder, "logs") });
  const services = makeServices({
    store,
    logs,
    clock,
    catalog,
    configs: new DeviceConfigs(store, { extraContext: config.extraContext }),
    life: makeJobLife(store, clock),
    log: makeDaemonLog(io.stderr, { level: "warning", format: "text", name: "admin", clock }),
    options: { version: ownPackage().version, rememberSeconds: 0 },
  });
  const status = await work({
    io,
    args,
    settings,
    store,
    services,
    checkHealthCheck: healthCheckAsJob({ catalog, extraContext: config.extraContext }),
    out: makeOutput(io, args),
    asker: askerOf(io),
    mustBeKnown: (thing, name) => mustBeKnown(store.knex, thing, name),
    mustBeConfirmed(what) {
      if (args.yes) return;
      throw configurationError("ERR_ADMIN_CONFIRM", `this would ${what}: say --yes to do it`);
    },
  });
  return status ?? 0;
}
