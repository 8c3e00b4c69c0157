import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { configurationError } from "@basalt/core";
import type { Store } from "@basalt/server";
import { makeStateFolder } from "../../settings/make-state-folder.js";
import type { ServerSettings } from "../../settings/server-settings.js";

/** Says that a restore began and did not end: kill -9, a power cut. */
export interface RestoreMark {
  readonly file: string;
  /** Folders that were empty when it began: what is in them now is the restore's. */
  readonly fresh: readonly string[];
  /** {@link tablesId} when it began: the database is filled in one transaction, last but for the folders. */
  readonly tables: number | null;
}

type OfInstance = Pick<ServerSettings, "stateFolder">;

const pathOf = ({ stateFolder }: OfInstance): string => join(stateFolder, "restore-began.json");

/** A number that a restore changes when it commits: it makes the tables anew. Null in an empty database. */
export async function tablesId({ knex }: Store): Promise<number | null> {
  const { rows } = await knex.raw("select to_regclass('users')::oid::bigint as id");
  return (rows[0] as { id: number | null }).id;
}

/** The mark of an interrupted restore, if there is one. */
export async function readMark(settings: OfInstance): Promise<RestoreMark | undefined> {
  const text = await readFile(pathOf(settings), "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    const { file, fresh, tables } = JSON.parse(text) as RestoreMark;
    return { file: String(file), fresh: fresh.map(String), tables };
  } catch {
    // cut off while it was written: nothing else had begun
    return undefined;
  }
}

export async function setMark(settings: ServerSettings, mark: RestoreMark): Promise<void> {
  await makeStateFolder(settings.stateFolder);
  await writeFile(pathOf(settings), JSON.stringify(mark), { mode: 0o600, flush: true });
}

/** Takes the mark away, and the room a killed restore unpacked in. */
export async function clearMark(settings: ServerSettings): Promise<void> {
  const { stateFolder } = settings;
  for (const name of await readdir(stateFolder).catch(() => []))
    if (/^restore-\w{6}$/.test(name)) await rm(join(stateFolder, name), { recursive: true, force: true });
  await rm(pathOf(settings), { force: true });
}

export const isEmpty = async (folder: string): Promise<boolean> => (await readdir(folder).catch(() => [])).length === 0;

const interrupted = ({ stateFolder }: OfInstance, { file }: RestoreMark) =>
  configurationError(
    "ERR_RESTORE_INTERRUPTED",
    `restoring ${file} into ${stateFolder} was interrupted: run 'basalt admin restore ${file}' again, it begins anew`,
    { details: { file } },
  );

/** For a server, before it opens anything: half an instance must not be taken for a whole one. @throws ERR_RESTORE_INTERRUPTED */
export async function mayStart(settings: OfInstance): Promise<void> {
  const mark = await readMark(settings);
  if (mark) throw interrupted(settings, mark);
}

/** As {@link mayStart}, with the database at hand: a restore that was killed before it changed anything is forgotten. */
export async function mayNotBeHalfRestored(settings: ServerSettings, store: Store): Promise<void> {
  const mark = await readMark(settings);
  if (!mark) return;
  if (mark.tables !== null && (await tablesId(store)) === mark.tables) return clearMark(settings);
  throw interrupted(settings, mark);
}
