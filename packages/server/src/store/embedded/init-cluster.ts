import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chown, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { configurationError, infrastructureError } from "@basalt/core";
import { type Binaries, programEnvironment } from "./binaries.js";
import type { SystemUser } from "./system-user.js";

const run = promisify(execFile);

/** The database user of an embedded cluster; its superuser. */
export const clusterUser = "basalt";

export interface Cluster {
  /** Holds data, password and the socket. */
  readonly folder: string;
  readonly dataFolder: string;
  readonly user: SystemUser | undefined;
  readonly binaries: Binaries;
  /** True (tests): what is made need not survive a power cut. */
  readonly throwAway?: boolean;
}

const passwordFile = (folder: string): string => join(folder, "password");

const readIfThere = (path: string): Promise<string | undefined> =>
  readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });

/** Runs `initdb` into a folder beside and renames it: a kill in between leaves no half-made cluster. */
async function initialise({ folder, dataFolder, user, binaries, throwAway }: Cluster, password: string): Promise<void> {
  const draft = `${dataFolder}.new`;
  const secret = join(folder, "password.new");
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { mode: 0o700 });
  await writeFile(secret, `${password}\n`, { mode: 0o600 });
  if (user) for (const path of [draft, secret]) await chown(path, user.uid, user.gid);
  const locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"];
  const access = [`--username=${clusterUser}`, `--pwfile=${secret}`, "--auth=scram-sha-256"];
  const rest = [
    ...(throwAway ? ["--no-sync"] : []),
    "--data-checksums",
    "--no-instructions",
    "-c",
    "shared_buffers=32MB",
    "-c",
    "max_connections=40",
  ];
  try {
    await run(binaries.initdb, [`--pgdata=${draft}`, ...locale, ...access, ...rest], {
      cwd: "/",
      env: programEnvironment(binaries),
      ...(user ? { uid: user.uid, gid: user.gid } : {}),
    });
  } catch (cause) {
    const said = String((cause as { stderr?: string }).stderr || (cause as Error).message).trim();
    throw infrastructureError(
      "ERR_DATABASE_INIT",
      `making a PostgreSQL cluster in ${dataFolder} failed: ${said}; free the disk or correct the folder's rights, or set DATABASE_URL`,
      { cause, details: { folder: dataFolder } },
    );
  } finally {
    await rm(secret, { force: true });
  }
  await rename(draft, dataFolder);
}

function refuseOtherMajor(found: string, ours: string, dataFolder: string): void {
  if (found === ours) return;
  throw configurationError(
    "ERR_DATABASE_MAJOR",
    `${dataFolder} was made by PostgreSQL ${found}, and this Basalt brings ${ours}: with the Basalt that made it, run "basalt admin backup", move the folder aside, and restore the backup here`,
    { details: { folder: dataFolder, found, ours } },
  );
}

async function ownMajor(binaries: Binaries): Promise<string> {
  const { stdout } = await run(binaries.postgres, ["--version"], { env: programEnvironment(binaries) });
  return /\) (\d+)/.exec(stdout)?.[1] ?? stdout.trim();
}

/** Makes the cluster where there is none. @returns the password of its user */
export async function ensureCluster(cluster: Cluster): Promise<string> {
  const { folder, dataFolder, binaries } = cluster;
  const found = (await readIfThere(join(dataFolder, "PG_VERSION")))?.trim();
  const known = (await readIfThere(passwordFile(folder)))?.trim();
  if (found !== undefined) {
    refuseOtherMajor(found, await ownMajor(binaries), dataFolder);
    if (known) return known;
    throw configurationError(
      "ERR_DATABASE_PASSWORD",
      `${passwordFile(folder)} is missing: it holds the password of the database in ${dataFolder}; restore it, or restore a backup into a new state folder`,
      { details: { file: passwordFile(folder) } },
    );
  }
  const password = known || randomBytes(24).toString("base64url");
  await writeFile(passwordFile(folder), `${password}\n`, { mode: 0o600 });
  await initialise(cluster, password);
  return password;
}
