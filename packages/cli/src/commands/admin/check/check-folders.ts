import { access, constants, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import type { ServerSettings } from "../../../settings/server-settings.js";
import { megabytes } from "../backup.js";
import { readMark } from "../restore-mark.js";
import { type Finding, hint, ok, problem } from "./finding.js";

const leastBytes = 1_000_000_000;
const leastShare = 0.05;
const leastInodes = 10_000;

async function checkFolder(path: string): Promise<Finding> {
  const found = await stat(path).catch(() => undefined);
  if (!found)
    return problem(
      "folders",
      `${path} is not there`,
      `make it (mkdir -p ${path}), or name another with --state-folder`,
    );
  if (!found.isDirectory()) return problem("folders", `${path} is no folder`, "move it away");
  const writable = await access(path, constants.W_OK | constants.X_OK | constants.R_OK).then(
    () => true,
    () => false,
  );
  if (!writable)
    return problem(
      "folders",
      `${path} can't be written by this user`,
      `run this as the server's user, or chown the folder to it`,
    );
  return ok("folders", `${path} is there and can be written`);
}

async function checkDisk(path: string): Promise<Finding> {
  const { bavail, blocks, bsize, ffree, files } = await statfs(path);
  const free = bavail * bsize;
  const share = blocks === 0 ? 1 : bavail / blocks;
  const words = `${megabytes(free)} free (${Math.round(share * 100)} %) at ${path}`;
  const fix =
    "make room: old backups, 'basalt admin jobs compress', or a larger disk; a full disk stops logs and the database";
  if (free < leastBytes) return problem("disk", words, fix);
  if (files > 0 && ffree < leastInodes) return problem("disk", `${ffree} inodes free at ${path}`, fix);
  return share < leastShare ? hint("disk", words, fix) : ok("disk", words);
}

/** The state folder and what is in it, and room on its disk. */
export async function checkFolders(settings: ServerSettings): Promise<readonly Finding[]> {
  const { stateFolder } = settings;
  const state = await checkFolder(stateFolder);
  if (state.level !== "ok") return [state];
  const findings = [state, await checkDisk(stateFolder)];
  const logs = join(stateFolder, "logs");
  if (await stat(logs).catch(() => undefined)) {
    findings.push(await checkFolder(logs));
    const [here, there] = await Promise.all([stat(stateFolder), stat(logs)]);
    if (here.dev !== there.dev) findings.push(await checkDisk(logs));
  }
  const mark = await readMark(settings);
  if (mark)
    findings.push(
      problem(
        "folders",
        `restoring ${mark.file} was interrupted`,
        `run 'basalt admin restore ${mark.file}' again: it begins anew`,
      ),
    );
  return findings;
}
