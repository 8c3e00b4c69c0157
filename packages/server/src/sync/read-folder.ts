import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import { configurationError } from "@basalt/core";
import type { DocumentKind } from "../store/rows.js";
import { configFolders, keyText, type LabText, labFileName, type TextKey, workerFiles } from "./layout.js";

/** A lab's texts as they lie in a folder of LAVA's layout (spec 6.6). */
export interface LabFolder {
  /** Where `dispatcher.d`, `env.yaml` and `lab.yaml` are. */
  readonly folder: string;
  /** Where `devices`, `device-types` and `health-checks` are: `dispatcher-config` in it, or the folder itself. */
  readonly configFolder: string;
  readonly texts: ReadonlyMap<string, LabText>;
  readonly labFile: { readonly file: string; readonly text: string } | undefined;
  /** Kinds the folder has a place for: what is not there of them was removed, of other kinds it is somewhere else. */
  readonly covers: ReadonlySet<DocumentKind>;
}

const unreadable = (path: string, cause: unknown) =>
  configurationError("ERR_SYNC_READ", `can't read ${path}: ${(cause as Error).message}`, { cause, details: { path } });

async function names(folder: string): Promise<readonly string[] | undefined> {
  try {
    return (await readdir(folder)).filter((name) => !name.startsWith(".")).sort();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw unreadable(folder, error);
  }
}

/** A text file; undefined where there is none, or it is empty: LAVA takes both for the same. */
export async function readTextFile(path: string): Promise<string | undefined> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR" || code === "EISDIR") return undefined;
    throw unreadable(path, error);
  }
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    if (!text.includes("\0")) return text === "" ? undefined : text;
  } catch {
    // told below
  }
  throw configurationError(
    "ERR_SYNC_READ",
    `${path} is not a text in UTF-8: convert it, or move it out of the folder`,
    {
      details: { path },
    },
  );
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

/** Reads what a folder holds; files that are not of the layout are left alone. `cwd` is where shown paths begin. @throws ERR_SYNC_READ, ERR_SYNC_FOLDER */
export async function readLabFolder(folder: string, cwd: string): Promise<LabFolder> {
  if (!(await isFolder(folder)))
    throw configurationError("ERR_SYNC_FOLDER", `there is no folder ${folder}`, { details: { folder } });
  const nested = join(folder, "dispatcher-config");
  const configFolder = (await isFolder(nested)) ? nested : folder;
  const texts = new Map<string, LabText>();
  const covers = new Set<DocumentKind>();
  const take = async (key: TextKey, path: string): Promise<void> => {
    const text = texts.has(keyText(key)) ? undefined : await readTextFile(path);
    if (text !== undefined) texts.set(keyText(key), { ...key, text, file: relative(cwd, path) || path });
  };
  for (const { folder: name, suffix, kind } of configFolders) {
    const files = await names(join(configFolder, name));
    if (files === undefined) continue;
    covers.add(kind);
    for (const file of files.filter((known) => known.endsWith(suffix)))
      await take({ kind, name: basename(file, suffix) }, join(configFolder, name, file));
  }
  for (const { kind, files } of workerFiles)
    for (const file of files) await take({ kind, name: "" }, join(folder, file));
  const workers = await names(join(folder, "dispatcher.d"));
  for (const name of workers ?? []) {
    for (const { kind, files } of workerFiles)
      for (const file of files) await take({ kind, name }, join(folder, "dispatcher.d", name, file));
  }
  for (const file of (workers ?? []).filter((name) => name.endsWith(".yaml")))
    await take({ kind: "dispatcher", name: basename(file, ".yaml") }, join(folder, "dispatcher.d", file));
  if (workers !== undefined) for (const { kind } of workerFiles) covers.add(kind);
  const labText = await readTextFile(join(folder, labFileName));
  const file = relative(cwd, join(folder, labFileName));
  return { folder, configFolder, texts, covers, labFile: labText === undefined ? undefined : { file, text: labText } };
}
