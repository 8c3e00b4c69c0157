import { posix } from "node:path";
import { type FileStore, jobError } from "@basalt/core";

/** A path in a folder, which `..` does not lead out of. */
export const pathIn = (folder: string, path: string): string => posix.join(folder, posix.resolve("/", path).slice(1));

const asPattern = (name: string): RegExp =>
  new RegExp(`^${name.replaceAll(/[\\^$+?.()|[\]{}]/g, "\\$&").replaceAll("*", ".*")}$`);

async function inFolder(files: FileStore, folder: string, name: string): Promise<readonly string[]> {
  const path = pathIn(folder, name);
  if (!name.includes("*")) return (await files.exists(path)) ? [path] : [];
  const pattern = asPattern(posix.basename(path));
  const found = (await files.list(posix.dirname(path))).filter((entry) => pattern.test(entry));
  return found.map((entry) => posix.join(posix.dirname(path), entry));
}

/**
 * Files of a build by the names that a job gives them, in the job's order: in the folder `path` of the build, or its top folder.
 * @throws ERR_QDL_FILE (job) naming what the folder holds
 */
export async function buildFiles(
  files: FileStore,
  { build, path }: { readonly build: string; readonly path: string },
  names: readonly string[],
): Promise<readonly string[]> {
  const folder = pathIn(build, path);
  const all: string[] = [];
  for (const name of names) {
    const own = await inFolder(files, folder, name);
    const found = own.length > 0 ? own : await inFolder(files, build, name);
    if (found.length === 0)
      throw jobError(
        "ERR_QDL_FILE",
        `the build has no file '${name}': its folder '${path}' holds ${(await files.list(folder)).join(", ") || "nothing"}`,
      );
    all.push(...found);
  }
  return all;
}
