import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { configurationError } from "@basalt/core";
import type { ServerSettings } from "../../settings/server-settings.js";

/** Says that a restore began and did not end: kill -9, a power cut. */
export interface RestoreMark {
  readonly file: string;
  /** Folders that were empty when it began: what is in them now is the restore's. */
  readonly fresh: readonly string[];
}

const pathOf = ({ stateFolder }: ServerSettings): string => join(stateFolder, "restore-began.json");

/** The mark of an interrupted restore, if there is one. */
export async function readMark(settings: ServerSettings): Promise<RestoreMark | undefined> {
  const text = await readFile(pathOf(settings), "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    const { file, fresh } = JSON.parse(text) as RestoreMark;
    return { file, fresh: Array.isArray(fresh) ? fresh.map(String) : [] };
  } catch {
    return { file: "an archive", fresh: [] };
  }
}

export async function setMark(settings: ServerSettings, mark: RestoreMark): Promise<void> {
  await mkdir(settings.stateFolder, { recursive: true, mode: 0o700 });
  await writeFile(pathOf(settings), JSON.stringify(mark), { mode: 0o600, flush: true });
}

export const clearMark = (settings: ServerSettings): Promise<void> => rm(pathOf(settings), { force: true });

export const isEmpty = async (folder: string): Promise<boolean> => (await readdir(folder).catch(() => [])).length === 0;

/** Half an instance must not be taken for a whole one. @throws ERR_RESTORE_INTERRUPTED */
export async function mayNotBeHalfRestored(settings: ServerSettings): Promise<void> {
  const mark = await readMark(settings);
  if (mark)
    throw configurationError(
      "ERR_RESTORE_INTERRUPTED",
      `restoring ${mark.file} into ${settings.stateFolder} was interrupted: run 'basalt admin restore ${mark.file}' again, it begins anew`,
      { details: { file: mark.file } },
    );
}
