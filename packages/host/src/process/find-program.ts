import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { delimiter, resolve } from "node:path";
import { type BasaltError, infrastructureError } from "@basalt/core";

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

/** Where Debian keeps mke2fs, debugfs, sfdisk: programs that plain users may run, in folders that their PATH leaves out. */
const administratorsFolders = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

/**
 * Absolute path of a program: a name is looked up in `path` (default: PATH) as a shell would, then in the administrators' folders; anything
 * with a slash is taken as it is.
 */
export async function findProgram(program: string, path = process.env.PATH ?? ""): Promise<string | undefined> {
  if (program.includes("/")) {
    const absolute = resolve(program);
    return (await isProgram(absolute)) ? absolute : undefined;
  }
  for (const folder of [...path.split(delimiter), ...administratorsFolders]) {
    if (folder === "") continue;
    const candidate = resolve(folder, program);
    if (await isProgram(candidate)) return candidate;
  }
  return undefined;
}

/** The error of a command whose program is not there. */
export const commandNotFound = (program: string, cause?: unknown): BasaltError =>
  infrastructureError(
    "ERR_COMMAND_NOT_FOUND",
    `cannot run "${program}": ${
      program.includes("/") ? "there is no such executable file" : "no such program in PATH or the sbin folders"
    } on this worker; install it or correct the path in the device dictionary`,
    { ...(cause === undefined ? {} : { cause }), details: { program } },
  );
