import { constants, openAsBlob } from "node:fs";
import {
  chmod,
  copyFile,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { dirname, join } from "node:path";
import { type FileStore, jobError, type ProcessRunner } from "@basalt/core";
import { diskError } from "./disk-error.js";

async function attempt<T>(what: string, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw diskError(what, path, cause);
  }
}

/** `cp -a` keeps what Node's own copying does not: hard links, devices, owners. */
async function copyTree(runner: ProcessRunner, from: string, to: string): Promise<void> {
  await attempt("make folder", to, () => mkdir(to, { recursive: true }));
  const signal = new AbortController().signal;
  const { code, stderr } = await runner.run(["cp", "-a", "--", `${from}/.`, to], { signal });
  if (code !== 0) throw diskError("copy", from, new Error(`cp to ${to} failed: ${stderr.trim()}`));
}

/** Files of a job, in the job's folder `root` and elsewhere. */
export function fileStore(root: string, { runner }: { readonly runner: ProcessRunner }): FileStore {
  return {
    root,
    async makeFolder(name) {
      if (!/^[^/\0]+$/.test(name) || name === "." || name === "..")
        throw jobError("ERR_FILE_NAME", `cannot make a folder named "${name}" in ${root}: use a name without "/"`);
      const path = await attempt("make a folder in", root, () => mkdtemp(join(root, `${name}-`)));
      // mkdtemp makes it 700; TFTP, NFS and HTTP servers read from it as other users
      await attempt("change the mode of", path, () => chmod(path, 0o755));
      return path;
    },
    write: (path, data, mode = 0o644) =>
      attempt("write", path, async () => {
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, data, { mode });
        // the mode above passes through the umask, and an old file keeps its own
        await chmod(path, mode);
      }),
    readText: (path) => attempt("read", path, () => readFile(path, "utf8")),
    blob: (path) => attempt("read", path, () => openAsBlob(path)),
    exists: (path) =>
      lstat(path).then(
        () => true,
        () => false,
      ),
    size: (path) => attempt("read the size of", path, async () => (await stat(path)).size),
    copy: (from, to) =>
      attempt("copy", from, async () => {
        await mkdir(dirname(to), { recursive: true });
        await copyFile(from, to, constants.COPYFILE_FICLONE);
      }),
    copyTree: (from, to) => copyTree(runner, from, to),
    list: (folder) =>
      attempt("list", folder, async () => {
        try {
          return (await readdir(folder)).sort();
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
          throw error;
        }
      }),
    makeLink: (target, path) =>
      attempt("make link", path, async () => {
        await mkdir(dirname(path), { recursive: true });
        await symlink(target, path);
      }),
    remove: (path) => attempt("remove", path, () => rm(path, { recursive: true, force: true })),
  };
}
