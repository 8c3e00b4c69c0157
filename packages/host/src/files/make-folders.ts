import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";

/** The folders that are missing on the way to a path, outermost first. */
async function missingFolders(path: string): Promise<readonly string[]> {
  const missing: string[] = [];
  for (let at = path; ; at = dirname(at)) {
    const there = await stat(at).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return false;
        throw error;
      },
    );
    if (there) return missing;
    missing.unshift(at);
    if (dirname(at) === at) return missing;
  }
}

/**
 * Makes a folder (absolute) and those above it, as `mkdir -p` does; one that is there already is fine. Node's own recursive mkdir never
 * ends where the system says ENOENT in a folder that exists: below /proc (Node 20.20).
 * @throws the system's error
 */
export async function makeFolders(path: string, options: { readonly mode?: number } = {}): Promise<void> {
  for (const folder of await missingFolders(path))
    await mkdir(folder, options).catch((error: NodeJS.ErrnoException) => {
      // somebody else made it meanwhile; a file in the way is told by what is done in it
      if (error.code !== "EEXIST") throw error;
    });
  if (!(await stat(path)).isDirectory())
    throw Object.assign(new Error(`ENOTDIR: not a directory, mkdir '${path}'`), { code: "ENOTDIR" });
}
