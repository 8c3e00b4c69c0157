import { randomUUID } from "node:crypto";
import { access, constants, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { configurationError } from "@basalt/core";
import type { Store } from "./store/store.js";

/** A folder of logs; the id tells it from one of the same path on another disk. */
export interface LogFolder {
  readonly path: string;
  readonly id: string;
}

const idFile = "folder-id";

/** Opens the folder of logs, or makes it. @throws ERR_LOG_FOLDER (configuration) */
export async function openLogFolder(path: string): Promise<LogFolder> {
  const file = join(path, idFile);
  try {
    await mkdir(path, { recursive: true, mode: 0o750 });
    await writeFile(file, `${randomUUID()}\n`, { flag: "wx" }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
    await access(path, constants.W_OK);
    return { path, id: (await readFile(file, "utf8")).trim() };
  } catch (cause) {
    const { message, code = "" } = cause as NodeJS.ErrnoException;
    const advice = /^(ENOSPC|EDQUOT)$/.test(code)
      ? "make room on its disk"
      : "the server's user has to be able to write there: chown the folder to it";
    throw configurationError("ERR_LOG_FOLDER", `opening the folder of logs ${path} failed: ${message}; ${advice}`, {
      cause,
    });
  }
}

/** How `servers.log_folder` names it. */
export const nameOfFolder = ({ path, id }: LogFolder): string => `${id} ${path}`;

/** A server that said nothing for this long is gone (housekeeping.ts). */
const aliveMs = 120_000;

/**
 * Servers of one database share one folder of logs: a worker may come back to another of them in mid-job.
 * @throws ERR_LOG_FOLDER (configuration)
 */
export async function checkSharedFolder(store: Store, folder: LogFolder, now: number): Promise<void> {
  const others = (await store
    .knex("servers")
    .where("seen_on", ">", new Date(now - aliveMs))
    .select("url", "log_folder")) as { url: string; log_folder: string }[];
  const stranger = others.find(({ log_folder }) => !log_folder.startsWith(`${folder.id} `));
  if (!stranger) return;
  const path = stranger.log_folder.slice(stranger.log_folder.indexOf(" ") + 1);
  throw configurationError(
    "ERR_LOG_FOLDER",
    `another server of this database (${stranger.url}) keeps its logs in another folder, ${path}, and not in ${folder.path}: servers of one database must share a state folder. If that server was killed, this one can start two minutes after`,
  );
}
