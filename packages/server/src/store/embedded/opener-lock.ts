import { randomUUID } from "node:crypto";
import { link, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { configurationError } from "@basalt/core";
import { isAlive, lineOf } from "./process-facts.js";

const pattern = /^owner\.(\d+)$/;

interface Claim {
  readonly number: number;
  /** Of {@link lineOf}; empty where the file went away while we looked. */
  readonly line: string;
}

async function highestClaim(folder: string): Promise<Claim | undefined> {
  const numbers = (await readdir(folder)).flatMap((name) => pattern.exec(name)?.[1] ?? []).map(Number);
  if (numbers.length === 0) return undefined;
  const number = Math.max(...numbers);
  return { number, line: await readFile(join(folder, `owner.${number}`), "utf8").catch(() => "") };
}

/** The number of the living process that holds a folder's lock. */
export async function openerOf(folder: string): Promise<number | undefined> {
  const claim = await highestClaim(folder).catch(() => undefined);
  return claim && isAlive(claim.line) ? Number(claim.line.split(" ")[0]) : undefined;
}

const inUse = (folder: string, pid: string) =>
  configurationError(
    "ERR_DATABASE_IN_USE",
    `the database in ${folder} is in use by process ${pid}: one server opens a state folder; stop it first, give this one another state folder, or let both share a PostgreSQL server with DATABASE_URL`,
    { details: { folder, pid: Number(pid) } },
  );

/**
 * Takes the folder for this process; a dead holder's claim is passed over. Claims are numbered and the highest one holds: a
 * dead claim n is followed by n + 1, which only one process can link into place. (To remove a dead file and make it anew is a race: the slower
 * of two removes the claim of the faster.) Throws `ERR_DATABASE_IN_USE` naming the holder.
 */
export async function takeOpenerLock(folder: string): Promise<AsyncDisposable> {
  const line = lineOf(process.pid);
  const draft = join(folder, `owner-draft.${randomUUID()}`);
  await writeFile(draft, line, { mode: 0o644 });
  try {
    for (;;) {
      const last = await highestClaim(folder);
      if (last && isAlive(last.line)) throw inUse(folder, last.line.split(" ")[0] ?? "?");
      const number = (last?.number ?? 0) + 1;
      const path = join(folder, `owner.${number}`);
      const linked = await link(draft, path).then(
        () => true,
        (error: NodeJS.ErrnoException) => {
          if (error.code === "EEXIST") return false;
          throw error;
        },
      );
      if (!linked) continue;
      // what we saw as the last claim may have been passed over meanwhile
      const now = await highestClaim(folder);
      if (now?.number === number) {
        await removeBelow(folder, number);
        return releaseOnce(path);
      }
      await rm(path, { force: true });
    }
  } finally {
    await rm(draft, { force: true });
  }
}

/** Once: the file may be somebody else's later. */
function releaseOnce(path: string): AsyncDisposable {
  let released: Promise<void> | undefined;
  return {
    [Symbol.asyncDispose]() {
      released ??= rm(path, { force: true });
      return released;
    },
  };
}

async function removeBelow(folder: string, number: number): Promise<void> {
  for (const name of await readdir(folder)) {
    const other = pattern.exec(name)?.[1];
    if (other !== undefined && Number(other) < number) await rm(join(folder, name), { force: true });
  }
}
