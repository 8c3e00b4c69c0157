import { mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { LogFile, textName } from "./log-file.js";
import type { LogStore } from "./log-store.js";
import { isSealed, readBlocks, sealedRange, sealLog } from "./sealed-log.js";
import { storageError } from "./storage-error.js";

export interface LocalLogStoreOptions {
  /** Folder of all jobs' folders. */
  readonly folder: string;
  /** Logs that are kept open; those that were not used for longest are closed. 200 by default. */
  readonly mostOpen?: number;
}

const jobsPerFolder = 1_000;
const plainName = /^[\w.-]+$/;

/** Logs in files of this machine: a folder per job, a thousand jobs to a folder. */
export function localLogStore({ folder: root, mostOpen = 200 }: LocalLogStoreOptions): LogStore {
  /** Least recently used first. */
  const files = new Map<number, Promise<LogFile | undefined>>();
  const busy = new Map<number, number>();
  const folderOf = (job: number): string => join(root, String(Math.floor(job / jobsPerFolder)), String(job));

  /** Undefined where the log is packed. */
  async function openFile(job: number): Promise<LogFile | undefined> {
    const folder = folderOf(job);
    if (await isSealed(folder)) return undefined;
    await mkdir(folder, { recursive: true, mode: 0o750 }).catch((cause) => {
      throw storageError("make folder", folder, cause);
    });
    return LogFile.open(folder);
  }

  /** Works with a log that grows, or with the folder of one that is packed. What is asked for first is done first. */
  async function using<T>(
    job: number,
    work: { growing(file: LogFile): Promise<T>; packed(folder: string): Promise<T> },
  ): Promise<T> {
    let opening = files.get(job);
    if (!opening) {
      opening = openFile(job);
      opening.catch(() => files.delete(job));
    }
    files.delete(job);
    files.set(job, opening);
    busy.set(job, (busy.get(job) ?? 0) + 1);
    try {
      const file = await opening;
      return file ? await work.growing(file) : await work.packed(folderOf(job));
    } finally {
      const left = (busy.get(job) ?? 1) - 1;
      if (left === 0) busy.delete(job);
      else busy.set(job, left);
      await closeOldest();
    }
  }

  async function closeOldest(): Promise<void> {
    for (const [job, file] of files) {
      if (files.size <= mostOpen) return;
      if (busy.has(job)) continue;
      files.delete(job);
      await (await file)?.[Symbol.asyncDispose]();
    }
  }

  async function close(job: number): Promise<void> {
    const file = files.get(job);
    files.delete(job);
    await (await file?.catch(() => undefined))?.[Symbol.asyncDispose]();
  }

  const exists = (path: string): Promise<boolean> =>
    stat(path).then(
      () => true,
      () => false,
    );

  const nothing = Buffer.alloc(0);
  const isThere = async (job: number): Promise<boolean> =>
    files.has(job) || (await exists(join(folderOf(job), textName))) || (await isSealed(folderOf(job)));

  return {
    append: (job, lines) =>
      using(job, {
        growing: (file) => file.append(lines),
        async packed(folder) {
          const { lines: count } = await readBlocks(folder);
          return { next: count, added: { from: count, count: 0, body: nothing } };
        },
      }),
    async count(job) {
      if (!(await isThere(job))) return 0;
      return using(job, {
        growing: async (file) => file.lines,
        packed: async (folder) => (await readBlocks(folder)).lines,
      });
    },
    async range(job, start, end) {
      if (!(await isThere(job))) return nothing;
      return using(job, {
        growing: (file) => file.range(start, end),
        packed: (folder) => sealedRange(folder, start, end),
      });
    },
    async seal(job) {
      await using(job, { growing: sealLog, packed: async () => {} });
      await close(job);
    },
    async putText(job, name, text) {
      if (!plainName.test(name)) throw new Error(`${name} is no name of a text`);
      const path = join(folderOf(job), name);
      try {
        await mkdir(folderOf(job), { recursive: true, mode: 0o750 });
        const file = await open(`${path}.part`, "w", 0o640);
        try {
          await file.writeFile(text);
          await file.datasync();
        } finally {
          await file.close();
        }
        await rename(`${path}.part`, path);
      } catch (cause) {
        throw storageError("write", path, cause);
      }
    },
    getText: (job, name) =>
      readFile(join(folderOf(job), name), "utf8").catch((cause: NodeJS.ErrnoException) => {
        if (cause.code === "ENOENT") return undefined;
        throw storageError("read", join(folderOf(job), name), cause);
      }),
    async remove(job) {
      await close(job);
      await rm(folderOf(job), { recursive: true, force: true });
    },
    async [Symbol.asyncDispose]() {
      for (const job of [...files.keys()]) await close(job);
    },
  };
}
