import { dirname, resolve, sep } from "node:path";
import { configurationError, systemClock } from "@basalt/core";
import type { Command } from "commander";
import type { ServerSettings } from "../../settings/server-settings.js";
import { type AloneContext, examples, type Runners } from "./group.js";
import { makeOutput } from "./output.js";
import { adminSettings } from "./settings.js";

/** What belongs to an instance besides its database, by the names it has in an archive. */
export function instanceFolders({
  stateFolder,
  serverKey,
  workerKeys,
}: ServerSettings): Readonly<Record<string, string>> {
  const keys = dirname(serverKey);
  const elsewhere = !`${resolve(workerKeys)}${sep}`.startsWith(`${resolve(keys)}${sep}`);
  return { logs: resolve(stateFolder, "logs"), keys, ...(elsewhere ? { "worker-keys": workerKeys } : {}) };
}

/** Logs that are being written or packed: their whole versions are there, too. */
const isDraft = (path: string): boolean => path.endsWith(".part");

/** Ctrl-C ends the work cleanly, once; the database's own work goes with it. */
export async function interruptible<T>(
  { io }: AloneContext,
  work: (signal: AbortSignal) => Promise<T>,
  words: string,
): Promise<T> {
  const stop = new AbortController();
  const off = io.onSignal(() => stop.abort(configurationError("ERR_ADMIN_INTERRUPTED", words)));
  return work(stop.signal).finally(off);
}

export const megabytes = (bytes: number): string =>
  bytes < 1_000_000 ? `${Math.ceil(bytes / 1_000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;

async function backup(context: AloneContext, file: string): Promise<void> {
  const { io, args } = context;
  const [{ writeArchive }, { openAdminStore }, { stat }] = await Promise.all([
    import("@basalt/server"),
    import("./open-store.js"),
    import("node:fs/promises"),
  ]);
  const settings = await adminSettings(args, io);
  const to = resolve(io.cwd, file);
  if (await stat(to).catch(() => undefined))
    throw configurationError(
      "ERR_ADMIN_FILE",
      `${file} is there already: a backup never replaces one, give it another name`,
    );
  const folder = await stat(dirname(to)).catch(() => undefined);
  if (!folder?.isDirectory())
    throw configurationError(
      "ERR_ADMIN_FILE",
      `${file} can't be written: there is no folder ${dirname(to)}: make it, or choose another place`,
    );
  await using store = await openAdminStore(settings, io, { anySchema: true });
  const counted = { tables: 0, rows: 0, files: 0 };
  await interruptible(
    context,
    (signal) =>
      writeArchive(store, {
        to,
        folders: Object.entries(instanceFolders(settings)).map(([name, path]) => ({ name, path, skip: isDraft })),
        workFolder: dirname(to),
        signal,
        clock: io.clock ?? systemClock,
        onProgress(progress) {
          if (progress.kind === "table") {
            counted.tables++;
            counted.rows += progress.rows ?? 0;
          } else counted.files++;
        },
      }),
    `the backup was interrupted: ${file} was not written`,
  );
  const { size } = await stat(to);
  const out = makeOutput(io, args);
  if (out.json) return out.show({ file: to, bytes: size, ...counted });
  out.say(`${file}: ${counted.rows} rows of ${counted.tables} tables, logs and keys; ${megabytes(size)}`);
  out.say("it holds secret keys and hashes of passwords: keep it where only you can read it");
}

/** `basalt admin backup` */
export function addBackup(admin: Command, { alone }: Runners): void {
  admin
    .command("backup")
    .description("write everything into one file: the database in one snapshot, logs and keys; the server may run")
    .argument("<file>", "a new file (tar, readable by its owner only)")
    .addHelpText("after", examples('backup "/srv/backup/basalt-$(date +%F).tar"'))
    .action((file: string) => alone((context) => backup(context, file)));
}
