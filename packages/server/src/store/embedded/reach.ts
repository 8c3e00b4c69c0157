import { chmod, chown, cp, mkdir, readFile, realpath, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { configurationError } from "@basalt/core";
import { type Binaries, binariesIn } from "./binaries.js";
import type { SystemUser } from "./system-user.js";

async function mayPass(folder: string, user: SystemUser): Promise<boolean> {
  const { uid, gid, mode } = await stat(folder);
  if (uid === user.uid) return (mode & 0o100) !== 0;
  if (gid === user.gid) return (mode & 0o010) !== 0;
  return (mode & 0o001) !== 0;
}

/** The first folder on the way to `path`, from the root, that the user may not pass. (Mode bits; lists of access control are not read.) */
export async function firstClosed(path: string, user: SystemUser): Promise<string | undefined> {
  const way: string[] = [];
  for (let at = await realpath(path); ; at = dirname(at)) {
    way.unshift(at);
    if (at === dirname(at)) break;
  }
  for (const folder of way) if (!(await mayPass(folder, user))) return folder;
  return undefined;
}

/** Lets the user pass a folder of ours, and nobody else where it can be helped. */
async function letPass(folder: string, user: SystemUser): Promise<void> {
  if (await mayPass(folder, user)) return;
  const { gid, mode } = await stat(folder);
  if (gid === 0) await chown(folder, 0, user.gid);
  await chmod(folder, (mode & 0o777) | (gid === 0 ? 0o010 : 0o001));
}

/** Opens the way to the database's folder for the user that PostgreSQL runs as; only the state folder and what is in it is changed. */
export async function openWay(stateFolder: string, folder: string, user: SystemUser): Promise<void> {
  await letPass(stateFolder, user);
  await letPass(folder, user);
  const closed = await firstClosed(folder, user);
  if (closed === undefined) return;
  throw configurationError(
    "ERR_DATABASE_FOLDER",
    `PostgreSQL does not run as root, and as user ${user.name} it can't reach ${folder}: ${closed} is closed to it; choose another state folder (such as /var/lib/basalt), run "chmod o+x ${closed}", or set DATABASE_URL`,
    { details: { folder, closed, user: user.name } },
  );
}

/** Binaries that the user can reach: those in node_modules, or a copy in `folder` (55 MB) where these are in a closed folder, such as /root. */
export async function reachableBinaries(binaries: Binaries, folder: string, user: SystemUser): Promise<Binaries> {
  if ((await firstClosed(join(binaries.native, "bin"), user)) === undefined) return binaries;
  const { version } = JSON.parse(await readFile(join(binaries.native, "..", "package.json"), "utf8"));
  const copy = join(folder, `native-${version}`);
  if (
    await stat(copy).then(
      () => true,
      () => false,
    )
  )
    return binariesIn(copy);
  const draft = `${copy}.new`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft);
  await cp(binaries.native, draft, { recursive: true, filter: (path) => !path.endsWith(".a") });
  await chmod(draft, 0o755);
  await rename(draft, copy);
  return binariesIn(copy);
}
