import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { configurationError, isBasaltError } from "@basalt/core";
import type { Store } from "../store/store.js";
import { readCurrentLab, type SyncOptions, type SyncReport } from "./import-folder.js";
import { type LabFacts, withWanted } from "./lab-facts.js";
import { labFileText, readLabFile } from "./lab-file.js";
import { isConfigKind, labFileName, pathOf } from "./layout.js";
import type { TextChange } from "./plan-import.js";
import { type LabFolder, readLabFolder } from "./read-folder.js";

export interface ExportOptions extends Omit<SyncOptions, "author" | "reason"> {
  /** Files of texts that the database does not have are removed. */
  readonly remove: boolean;
}

interface FileChange extends TextChange {
  readonly file: string;
}

async function write(file: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true });
    // dictionaries hold passwords of power switches
    await writeFile(`${file}.part`, text, { mode: 0o640 });
    await rename(`${file}.part`, file);
  } catch (cause) {
    throw configurationError("ERR_SYNC_WRITE", `can't write ${file}: ${(cause as Error).message}`, {
      cause,
      details: { file },
    });
  }
}

const nothing: LabFacts = { workers: {}, device_types: {}, tags: {}, devices: {} };

/** `lab.yaml` as it is to be: the one that is there, comments and all, where it says the same. */
async function labTextFor({ labFile }: LabFolder, facts: LabFacts): Promise<string> {
  const fresh = labFileText(facts);
  if (!labFile) return fresh;
  try {
    const { wanted } = await readLabFile(labFile.file, labFile.text);
    if (labFileText(withWanted(nothing, wanted)) === fresh) return labFile.text;
  } catch (error) {
    if (!isBasaltError(error)) throw error;
  }
  return fresh;
}

/**
 * Writes what the database holds into a folder, in LAVA's layout, with `lab.yaml` for what no text holds. Files that are the same are not
 * touched, files that are not of the layout never. @throws ERR_SYNC_READ, ERR_SYNC_WRITE
 */
export async function exportFolder(store: Store, options: ExportOptions): Promise<SyncReport> {
  const { folder: path, cwd, dryRun, remove } = options;
  if (!dryRun) await mkdir(path, { recursive: true });
  const folder = await readLabFolder(path, cwd);
  const current = await store.transaction((trx) => readCurrentLab(trx), { isolation: "repeatable read" });
  const changes: FileChange[] = [];
  const notes: string[] = [];
  const fileOf = (key: Pick<TextChange, "kind" | "name">): string =>
    join(isConfigKind(key.kind) ? folder.configFolder : folder.folder, pathOf(key));
  for (const [key, { kind, name, text }] of current.texts) {
    const there = folder.texts.get(key);
    if (there?.text === text) continue;
    if (/^\.|[/\0]/.test(name)) {
      notes.push(`${key} can't be a file's name: it was left out`);
      continue;
    }
    const file = there ? join(cwd, there.file) : fileOf({ kind, name });
    changes.push({ kind, name, file, path: pathOf({ kind, name }), before: there?.text ?? null, after: text });
  }
  for (const [key, { kind, name, text, file }] of folder.texts) {
    if (current.texts.has(key)) continue;
    if (remove)
      changes.push({ kind, name, file: join(cwd, file), path: pathOf({ kind, name }), before: text, after: null });
    else notes.push(`${file} is not in the database: --delete removes it, or --import brings it in`);
  }
  const before = folder.labFile?.text ?? "";
  const after = await labTextFor(folder, current.facts);
  if (!dryRun) {
    for (const change of changes)
      if (change.after === null) await rm(change.file, { force: true });
      else await write(change.file, change.after);
    if (after !== before) await write(join(folder.folder, labFileName), after);
  }
  const shown = changes.map(({ file, ...change }) => ({ ...change, path: relative(folder.folder, file) }));
  return { changes: shown.sort((a, b) => (a.path < b.path ? -1 : 1)), lab: { before, after }, notes, warnings: [] };
}
