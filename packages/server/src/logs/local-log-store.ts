import { mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { LogFile, textName } from "./log-file.js";
import type { LogPage, PageQuery } from "./log-page.js";
import type { LogStore } from "./log-store.js";
import { isSealed, readBlocks, removePlainLog, sealedPage, sealLog } from "./sealed-log.js";
import { storageError } from "./storage-error.js";

export interface LocalLogStoreOptions {
  /** Folder of all jobs' folders. */
  readonly folder: string;
  /** Logs that are kept open; those that were not used for longest are closed. 200 by default. */
  readonly mostOpen?: number;
}

const jobsPerFolder = 1_000;
const plainName = /^[\w.-]+$/;

/** A log that is open. */
interface Open {
  /** Undefined where the log is packed. */
  readonly file: Promise<LogFile | undefined>;
  users: number;
  /** Called when nobody uses it any more. */
  unused?: () => void;
  closed?: Promise<void>;
}

/** Logs in files of this machine: a folder per job, a thousand jobs to a folder. */
export function localLogStore({ folder: root, mostOpen = 200 }: LocalLogStoreOptions): LogStore {
  /** Least recently used first. */
  const files = new Map<number, Open>();
  const sealing = new Map<number, Promise<void>>();
  let texts = 0;
  const folderOf = (job: number): string => join(root, String(Math.floor(job / jobsPerFolder)), String(job));

  async function openFile(job: number): Promise<LogFile | undefined> {
    const folder = folderOf(job);
    if (await isSealed(folder)) return undefined;
    await mkdir(folder, { recursive: true, mode: 0o750 }).catch((cause) => {
      throw storageError("make folder", folder, cause);
    });
    return LogFile.open(folder);
  }

  function take(job: number): Open {
    let entry = files.get(job);
    if (entry) files.delete(job);
    else {
      entry = { file: openFile(job), users: 0 };
      const made = entry;
      made.file.catch(() => forget(job, made));
    }
    files.set(job, entry);
    entry.users++;
    return entry;
  }

  function release(entry: Open): void {
    entry.users--;
    if (entry.users === 0) entry.unused?.();
  }

  function forget(job: number, entry: Open): void {
    if (files.get(job) === entry) files.delete(job);
  }

  /** Closes it once those who work with it are done; whoever comes now opens it anew. */
  function drop(job: number, entry: Open): Promise<void> {
    forget(job, entry);
    entry.closed ??= closeUnused(entry);
    return entry.closed;
  }

  async function closeUnused(entry: Open): Promise<void> {
    if (entry.users > 0)
      await new Promise<void>((resolve) => {
        entry.unused = resolve;
      });
    await (await entry.file.catch(() => undefined))?.[Symbol.asyncDispose]();
  }

  /** Works with a log that grows, or with the folder of one that is packed. What is asked for first is done first. */
  async function using<T>(
    job: number,
    work: { growing(file: LogFile): Promise<T>; packed(folder: string): Promise<T> },
  ): Promise<T> {
    for (;;) {
      const entry = take(job);
      let stale = false;
      try {
        const file = await entry.file;
        if (!file) return await work.packed(folderOf(job));
        stale = !(await file.isCurrent());
        if (!stale) return await work.growing(file);
      } finally {
        release(entry);
        if (stale) await drop(job, entry);
        else await closeOldest();
      }
    }
  }

  async function closeOldest(): Promise<void> {
    for (const [job, entry] of files) {
      if (files.size <= mostOpen) return;
      if (entry.users === 0) await drop(job, entry);
    }
  }

  async function close(job: number): Promise<void> {
    const entry = files.get(job);
    if (entry) await drop(job, entry);
  }

  const exists = (path: string): Promise<boolean> =>
    stat(path).then(
      () => true,
      () => false,
    );

  const nothing = Buffer.alloc(0);
  const isThere = async (job: number): Promise<boolean> =>
    files.has(job) || (await exists(join(folderOf(job), textName))) || (await isSealed(folderOf(job)));

  async function page(job: number, query: PageQuery): Promise<LogPage> {
    if (!(await isThere(job))) return { start: 0, next: 0, text: nothing };
    return using(job, {
      growing: (file) => file.page(query),
      packed: (folder) => sealedPage(folder, query),
    });
  }

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
      return (await page(job, { start, end, bytes: Number.MAX_SAFE_INTEGER })).text;
    },
    page,
    seal(job) {
      let work = sealing.get(job);
      if (!work) {
        work = using(job, { growing: sealLog, packed: removePlainLog })
          .then(() => close(job))
          .finally(() => sealing.delete(job));
        sealing.set(job, work);
      }
      return work;
    },
    async putText(job, name, text) {
      if (!plainName.test(name)) throw new Error(`${name} is no name of a text`);
      const path = join(folderOf(job), name);
      try {
        await mkdir(folderOf(job), { recursive: true, mode: 0o750 });
        const part = `${path}.${process.pid}-${texts++}.part`;
        const file = await open(part, "w", 0o640);
        try {
          await file.writeFile(text);
          await file.datasync();
        } finally {
          await file.close();
        }
        await rename(part, path);
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
