import type { Command } from "commander";
import type { Io } from "../../io.js";
import { addBackup } from "./backup.js";
import { addCheck } from "./check.js";
import { addDeviceTypes } from "./device-types.js";
import { addDevices } from "./devices.js";
import type { Runners } from "./group.js";
import { addGroups } from "./groups.js";
import { addInit } from "./init.js";
import { addJobs } from "./jobs.js";
import { addKeys } from "./keys.js";
import { addPermissions } from "./permissions.js";
import { addRestore } from "./restore.js";
import type { AdminArguments } from "./settings.js";
import { addSync } from "./sync.js";
import { addTags } from "./tags.js";
import { addTokens } from "./tokens.js";
import { addUsers } from "./users.js";
import { addWorkers } from "./workers.js";

export interface AdminProgramOptions {
  readonly io: Io;
  /** Runs a command's work, which gives the exit status. */
  readonly run: (work: () => Promise<number>) => Promise<void>;
}

/** Fills `basalt admin` with its commands. Called only where one of them is wanted: there are many. */
export function fillAdmin(admin: Command, { io, run }: AdminProgramOptions): void {
  admin
    .option("--state-folder <dir>", "the server's state folder (default: /var/lib/basalt/server)")
    .option("--database-url <url>", "its database, without a password; better: DATABASE_URL in the environment")
    .option("--config <file>", "the file that the server reads its settings from")
    .option("--json", "print JSON, for programs")
    .option("--yes", "do what removes or ends something")
    .configureHelp({ showGlobalOptions: true })
    .addHelpText(
      "after",
      `
Run it on the server's machine as the server's user (or root); the server may run or not. Changes count at once.

Examples:
  $ basalt admin init
  $ basalt admin workers add rack-1 --description "first shelf"
  $ basalt admin users add alice --superuser
  $ basalt admin check
`,
    );
  const runners: Runners = {
    run: (work, options) =>
      run(async () => {
        const { withAdmin } = await import("./session.js");
        return withAdmin(admin.opts<AdminArguments>(), io, work, options);
      }),
    alone: (work) => run(async () => (await work({ io, args: admin.opts<AdminArguments>() })) ?? 0),
  };
  const groups = [addInit, addCheck, addWorkers, addDevices, addDeviceTypes, addTags, addUsers, addGroups];
  const more = [addPermissions, addTokens, addJobs, addKeys, addSync, addBackup, addRestore];
  for (const add of [...groups, ...more]) add(admin, runners);
}
