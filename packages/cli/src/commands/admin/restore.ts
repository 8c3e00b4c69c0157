import { rm } from "node:fs/promises";
import { resolve } from "node:path";
import { configurationError, systemClock } from "@basalt/core";
import type { Store } from "@basalt/server";
import type { Command } from "commander";
import { makeStateFolder } from "../../settings/make-state-folder.js";
import { instanceFolders, interruptible } from "./backup.js";
import { type AloneContext, examples, type Runners } from "./group.js";
import { makeOutput } from "./output.js";
import { clearMark, isEmpty, readMark, setMark, tablesId } from "./restore-mark.js";
import { adminSettings } from "./settings.js";

interface RestoreOptions {
  readonly replace?: boolean;
}

async function restore(context: AloneContext, file: string, { replace = false }: RestoreOptions): Promise<void> {
  const { io, args } = context;
  const [{ restoreArchive }, { openAdminStore }] = await Promise.all([
    import("@basalt/server"),
    import("./open-store.js"),
  ]);
  const settings = await adminSettings(args, io);
  const archive = resolve(io.cwd, file);
  if (replace && !args.yes)
    throw configurationError(
      "ERR_ADMIN_CONFIRM",
      "this would drop all jobs, results, users and devices of this instance and put those of the backup in their place: say --yes to do it",
    );
  const folders = instanceFolders(settings);
  const again = await readMark(settings);
  for (const path of again?.fresh ?? []) await rm(path, { recursive: true, force: true });
  await makeStateFolder(settings.stateFolder);
  await using store = await openAdminStore(settings, io, { restore: true });
  const fresh: string[] = [];
  for (const path of Object.values(folders)) if (await isEmpty(path)) fresh.push(path);
  // a database that somebody uses is refused before the mark says that it is ours to overwrite
  if (!again && !replace) await mustBeEmpty(store, folders);
  const tables = await tablesId(store);
  await setMark(settings, { file: archive, fresh, tables: again ? again.tables : tables });
  const work = (signal: AbortSignal) =>
    restoreArchive(store, archive, {
      folders,
      workFolder: settings.stateFolder,
      replace: replace || again !== undefined,
      signal,
      clock: io.clock ?? systemClock,
    });
  const restored = await interruptible(
    context,
    work,
    "the restore was interrupted: nothing was changed; run it again when you like",
  ).catch(async (error: unknown) => {
    // what fails before the database's commit changes nothing; afterwards only a new run can put it right
    if (!again && (await tablesId(store).catch(() => Number.NaN)) === tables) await clearMark(settings);
    throw error;
  });
  await clearMark(settings);
  const out = makeOutput(io, args);
  if (out.json) return out.show({ ...restored, database: { createdAt: restored.database.createdAt } });
  const rows = restored.database.tables.reduce((sum, table) => sum + table.rows, 0);
  out.say(`restored the backup of ${restored.database.createdAt}: ${rows} rows, ${restored.folders.join(", ")}`);
  for (const path of restored.setAside) out.say(`what was there before is ${path}`);
  out.say("start the server, and run: basalt admin check");
}

/** Jobs, devices, people: what an instance that was used has. */
async function hasContent({ knex }: Store): Promise<boolean> {
  const { schemaFacts } = await import("@basalt/server");
  if ((await schemaFacts(knex)).applied.length === 0) return false;
  for (const [table, most] of [
    ["users", 1],
    ["jobs", 0],
    ["devices", 0],
    ["workers", 0],
    ["documents", 0],
  ] as const)
    if (
      (
        await knex(table)
          .limit(most + 1)
          .select(knex.raw("1"))
      ).length > most
    )
      return true;
  return false;
}

async function mustBeEmpty(store: Store, folders: Readonly<Record<string, string>>): Promise<void> {
  const refuse = (what: string): Error =>
    configurationError(
      "ERR_RESTORE_NOT_EMPTY",
      `nothing was restored: ${what} is not empty; restore into a new state folder and database, or say --replace --yes to put the backup in the place of what is there`,
    );
  if (await hasContent(store)) throw refuse(`the database ${store.url}`);
  for (const path of Object.values(folders)) if (!(await isEmpty(path))) throw refuse(path);
}

/** `basalt admin restore` */
export function addRestore(admin: Command, { alone }: Runners): void {
  admin
    .command("restore")
    .description("fill a new instance from a backup; the server must not run")
    .argument("<file>", "what 'basalt admin backup' wrote")
    .option("--replace", "put it in the place of what is there; logs and keys of before are set aside")
    .addHelpText(
      "after",
      `
The database may be any PostgreSQL from 15, whichever the backup was made of. It is filled in one transaction: a restore that fails or is
interrupted leaves nothing half done, and one that was killed begins anew when it is run again.
${examples("restore basalt-2026-11-22.tar --state-folder /srv/basalt")}`,
    )
    .action((file: string, options: RestoreOptions) => alone((context) => restore(context, file, options)));
}
