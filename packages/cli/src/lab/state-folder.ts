import { homedir, userInfo } from "node:os";
import { join, resolve } from "node:path";

/** Where a lab is kept. Not under /root: PostgreSQL refuses to run as root, and its user could not reach it there. */
export function labStateFolder(cwd: string, env: Readonly<Record<string, string | undefined>>, named?: string): string {
  if (named !== undefined) return resolve(cwd, named);
  if (userInfo().uid === 0) return "/var/lib/basalt/lab";
  return join(env.XDG_STATE_HOME || join(homedir(), ".local", "state"), "basalt", "lab");
}

/** Of the lab's server, in the lab's. */
export const labServerFolder = (stateFolder: string): string => join(stateFolder, "server");
