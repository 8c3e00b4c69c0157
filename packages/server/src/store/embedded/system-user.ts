import { execFile } from "node:child_process";
import { stat } from "node:fs/promises";
import { promisify } from "node:util";
import { configurationError } from "@basalt/core";
import type { StoreLog } from "../log.js";

const run = promisify(execFile);

/** A user of this machine. */
export interface SystemUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Made where the machine has no user `postgres`. */
const ownName = "basalt-postgres";

async function lookUp(nameOrUid: string): Promise<SystemUser | undefined> {
  try {
    const { stdout } = await run("getent", ["passwd", nameOrUid]);
    const [name = "", , uid, gid] = stdout.trim().split(":");
    return { name, uid: Number(uid), gid: Number(gid) };
  } catch {
    return undefined;
  }
}

async function create(log: StoreLog): Promise<SystemUser | undefined> {
  const shared = ["--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"];
  await run("useradd", [...shared, "--shell", "/usr/sbin/nologin", "--comment", "PostgreSQL of Basalt", ownName]);
  log.info(`made the system user ${ownName}: PostgreSQL refuses to run as root`);
  return lookUp(ownName);
}

/**
 * As whom PostgreSQL runs: undefined is ourselves. PostgreSQL refuses root, so root runs it as the owner of the data folder, else as
 * `postgres`, else as a system user made for it.
 */
export async function postgresUser(dataFolder: string, log: StoreLog): Promise<SystemUser | undefined> {
  const owner = await stat(dataFolder).then(
    ({ uid }) => uid,
    () => undefined,
  );
  const self = process.getuid?.();
  if (self !== 0) {
    if (owner === undefined || owner === self) return undefined;
    throw configurationError(
      "ERR_DATABASE_OWNER",
      `the database folder ${dataFolder} belongs to user ${owner}, and this process runs as ${self}: start it as that user or as root, or give the folder away with chown -R`,
      { details: { folder: dataFolder, owner, self } },
    );
  }
  const known = owner ? await lookUp(String(owner)) : ((await lookUp("postgres")) ?? (await lookUp(ownName)));
  if (known) return known;
  try {
    const made = await create(log);
    if (made) return made;
    throw new Error(`useradd made no user ${ownName}`);
  } catch (cause) {
    throw configurationError(
      "ERR_DATABASE_USER",
      `PostgreSQL does not run as root, and no user could be made for it: ${(cause as Error).message.trim()}; start Basalt as another user, make a user "postgres", or set DATABASE_URL`,
      { cause },
    );
  }
}
