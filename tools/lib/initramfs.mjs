import { chmod, copyFile, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { run } from "./run.mjs";

const folders = [
  "bin",
  "dev",
  "etc",
  "lib/modules",
  "proc",
  "root",
  "sbin",
  "sys",
  "tmp",
  "usr/bin",
  "usr/sbin",
  "run",
];

/**
 * Makes a root file system of busybox: its folders, its applets as links, and `files` (text by path).
 * `busybox` is the guest's own, `native` one that this machine can run; the same if absent.
 */
export async function makeBusyboxRoot({ root, busybox, native = busybox, files }) {
  for (const folder of folders) await mkdir(join(root, folder), { recursive: true });
  await copyFile(busybox, join(root, "bin", "busybox"));
  const applets = (await run(native, ["--list-full"])).split("\n").filter((path) => path && path !== "bin/busybox");
  for (const path of applets) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await symlink("/bin/busybox", join(root, path)).catch(() => {});
  }
  for (const [path, text] of Object.entries(files)) await writeFile(join(root, path), text);
}

/** Modules by name, from an unpacked kernel package. A name has `-` and `_` alike. */
async function modulesOf(tree) {
  const folder = join(tree, "lib", "modules");
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const found = names.filter((name) => name.endsWith(".ko"));
  return new Map(found.map((name) => [basename(name, ".ko").replaceAll("-", "_"), join(folder, name)]));
}

/** Module files in the order they must be loaded: each after what its own `depends=` names. Built-in ones have no file. */
async function loadOrder(names, available, order = []) {
  for (const name of names) {
    const path = available.get(name);
    if (path === undefined || order.includes(path)) continue;
    const depends = /\0depends=([^\0]*)\0/.exec((await readFile(path)).toString("latin1"))?.[1] ?? "";
    await loadOrder(depends.split(",").filter(Boolean), available, order);
    order.push(path);
  }
  return order;
}

/** Copies the `wanted` modules of an unpacked kernel package, and those they need, into the root; their file names in the order of loading. */
export async function addModules({ root, kernelTree, wanted }) {
  const modules = await loadOrder(wanted, await modulesOf(kernelTree));
  for (const path of modules) await copyFile(path, join(root, "lib", "modules", basename(path)));
  return modules.map((path) => basename(path));
}

/** Gives the root its first program and packs it, gzipped, into `target`. `busybox` is one that this machine can run. */
export async function packInitramfs({ root, init, busybox, scratch, target }) {
  await writeFile(join(root, "init"), init);
  await chmod(join(root, "init"), 0o755);
  const archive = join(scratch, "initramfs.cpio");
  const pack = `cd "$1" && "${busybox}" find . | "${busybox}" cpio -o -H newc -R 0:0 -F "$2"`;
  await run(busybox, ["sh", "-c", pack, "sh", root, archive]);
  await writeFile(target, await promisify(gzip)(await readFile(archive)));
}
