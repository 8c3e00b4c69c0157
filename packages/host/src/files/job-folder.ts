import { randomUUID } from "node:crypto";
import { chmod, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { infrastructureError, jobError } from "@basalt/core";
import { ownerIsAlive, ownerLine } from "../process/owner.js";
import { diskError } from "./disk-error.js";
import { makeFolders } from "./make-folders.js";

/** A job's own folder. Disposing removes it with everything in it. */
export interface JobFolder extends AsyncDisposable {
  readonly path: string;
}

/** In the folder while it lives: says that we made it, which run of us, and which process. */
const markFile = ".basalt-job";

const readMark = (path: string): Promise<string | undefined> =>
  readFile(join(path, markFile), "utf8").catch(() => undefined);

/** A killed run may have left its folder behind; one that bears our mark is ours to remove. Moved away first, so that nobody sees half of it. */
async function removeLeftover(path: string): Promise<void> {
  const mark = await readMark(path);
  if (mark !== undefined && ownerIsAlive(mark.split("\n")[1] ?? ""))
    throw infrastructureError(
      "ERR_JOB_FOLDER_BUSY",
      `cannot make the job's folder ${path}: a running job uses it; give this job another id, or this instance another prefix`,
      { details: { path } },
    );
  if (mark === undefined)
    throw infrastructureError(
      "ERR_JOB_FOLDER_FOREIGN",
      `cannot make the job's folder ${path}: it exists and was not made by Basalt; move it away, or choose another download folder`,
      { details: { path } },
    );
  const aside = join(dirname(path), `.${basename(path)}-${randomUUID()}`);
  await rename(path, aside);
  await rm(aside, { recursive: true, force: true });
}

/** How often the base may vanish under us: the last job of another process removes an empty one. */
const mostTries = 5;

async function makeEmpty(base: string, path: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await makeFolders(base);
      return void (await mkdir(path));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EEXIST") await removeLeftover(path);
      else if (code !== "ENOENT" || tries >= mostTries) throw error;
    }
  }
}

/**
 * Makes `<base>/<prefix><job id>` (lava-dispatcher.md 5, "Temp dirs"), mode 755.
 * Errors: ERR_JOB_FOLDER_FOREIGN, ERR_JOB_FOLDER_BUSY (infrastructure) where a stranger's or a running job's folder is in the way.
 */
export async function makeJobFolder(options: {
  readonly base: string;
  readonly prefix?: string;
  readonly jobId: string;
}): Promise<JobFolder> {
  const name = `${options.prefix ?? ""}${options.jobId}`;
  if (!/^[\w.:+-]+$/.test(name) || /^\.+$/.test(name))
    throw jobError(
      "ERR_FILE_NAME",
      `cannot name a job's folder "${name}": use letters, digits and "._-" in job id and prefix`,
    );
  const path = join(options.base, name);
  const mark = `${randomUUID()}\n${ownerLine()}\n`;
  try {
    await makeEmpty(options.base, path);
    await chmod(path, 0o755);
    await writeFile(join(path, markFile), mark);
  } catch (cause) {
    throw diskError("make the job's folder", path, cause);
  }
  let removed: Promise<void> | undefined;
  const remove = async (): Promise<void> => {
    // another run of the same job may have taken the name meanwhile: its folder is not ours
    if ((await readMark(path)) !== mark) return;
    await rm(path, { recursive: true, force: true, maxRetries: 3 }).catch((cause: unknown) => {
      throw diskError("remove the job's folder", path, cause);
    });
  };
  return {
    path,
    [Symbol.asyncDispose]: () => {
      removed ??= remove();
      return removed;
    },
  };
}
