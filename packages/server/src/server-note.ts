import { mkdir, readdir, readFile, rm, rmdir, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { isJsonObject, type Json } from "@basalt/core";

/** What a running server leaves in its state folder, so that `basalt admin check` looks at what runs and not at what settings say. */
export interface ServerNote {
  /** Of the table `servers`: a note whose server is not in it is of one that was killed. */
  readonly id: string;
  /** Its machine: others can share the folder. */
  readonly host: string;
  /** Of the pages, with the port that it really has. */
  readonly url: string;
  /** For workers, likewise. */
  readonly endpoint: string;
  readonly encrypted: boolean;
}

const folderOf = (stateFolder: string): string => join(stateFolder, "servers");

function noteOf(value: Json): ServerNote | undefined {
  if (!isJsonObject(value)) return undefined;
  const { id, host, url, endpoint, encrypted } = value;
  const isNote = [id, host, url, endpoint].every((item) => typeof item === "string") && typeof encrypted === "boolean";
  return isNote ? (value as unknown as ServerNote) : undefined;
}

async function readNote(path: string): Promise<ServerNote | undefined> {
  try {
    return noteOf(JSON.parse(await readFile(path, "utf8")) as Json);
  } catch {
    // half written, or gone between listing and reading: as if it were not there
    return undefined;
  }
}

/** Notes of all servers of a state folder, of killed ones, too. */
export async function readServerNotes(stateFolder: string): Promise<readonly ServerNote[]> {
  const folder = folderOf(stateFolder);
  const files = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(".json"));
  return (await Promise.all(files.map((name) => readNote(join(folder, name))))).filter((note) => note !== undefined);
}

export interface LeaveServerNote {
  readonly stateFolder: string;
  readonly note: Omit<ServerNote, "host">;
  /** Servers that are there: notes of this machine's others go. */
  readonly alive: readonly string[];
}

/** Leaves a note; disposing takes it away. @throws what the file system says */
export async function leaveServerNote({ stateFolder, note, alive }: LeaveServerNote): Promise<AsyncDisposable> {
  const folder = folderOf(stateFolder);
  const host = hostname();
  const pathOf = (id: string): string => join(folder, `${id}.json`);
  await mkdir(folder, { recursive: true, mode: 0o750 });
  for (const other of await readServerNotes(stateFolder))
    if (other.host === host && !alive.includes(other.id)) await rm(pathOf(other.id), { force: true });
  await writeFile(pathOf(note.id), `${JSON.stringify({ host, ...note })}\n`, { mode: 0o640 });
  return {
    async [Symbol.asyncDispose]() {
      await rm(pathOf(note.id), { force: true });
      // stays where others have notes in it
      await rmdir(folder).catch(() => {});
    },
  };
}
