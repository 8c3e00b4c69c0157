import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { downloadPackages, hasApt, isKnown, isRoot, refreshLists } from "../lib/debian.mjs";
import { run } from "../lib/run.mjs";
import { buildInitramfs } from "./initramfs.mjs";

/** Packages that stand for the newest kernel for virtual machines: Debian's, then Ubuntu's. */
const kernelPackages = ["linux-image-cloud-amd64", "linux-image-virtual"];

/** Changes when the recipe does, so that an old guest is not taken for a new one. */
const recipe = createHash("sha256")
  .update(
    ["guest.mjs", "initramfs.mjs", "../lib/initramfs.mjs"]
      .map((name) => readFileSync(fileURLToPath(new URL(name, import.meta.url))))
      .join(),
  )
  .digest("hex")
  .slice(0, 12);

/** Where guests are kept between runs and clones. */
const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "basalt", "guest");
const filesOf = (folder) => ({ folder, kernel: join(folder, "vmlinuz"), initramfs: join(folder, "initramfs.cpio.gz") });

/** The guest that an earlier run made: `{ folder, kernel, initramfs }`, or undefined. */
export function findGuest() {
  const guest = filesOf(join(cache, recipe));
  return existsSync(guest.kernel) && existsSync(guest.initramfs) ? guest : undefined;
}

/** The package behind a package that only points at the newest version. */
async function versionedKernel() {
  for (const name of kernelPackages) {
    if (!(await isKnown(name))) continue;
    const text = await run("apt-cache", ["depends", "--no-recommends", "--no-suggests", name]);
    const found = /Depends: (linux-image-\d\S+)/.exec(text)?.[1];
    if (found) return found;
  }
  throw new Error(`apt knows none of ${kernelPackages.join(", ")} here`);
}

async function unpackAll(folder, into) {
  for (const name of await readdir(folder))
    if (name.endsWith(".deb")) await run("dpkg-deb", ["-x", join(folder, name), into]);
}

/** A kernel and a busybox from Debian's packages, unpacked and not installed: nothing lands in this machine's /boot. */
async function build(scratch, { line }) {
  if (!(await isKnown("busybox-static")) && isRoot()) await refreshLists({ line });
  const kernel = await versionedKernel();
  // Ubuntu keeps the modules in a package of their own.
  const modules = kernel.replace("linux-image-", "linux-modules-");
  const names = [kernel, "busybox-static", ...((await isKnown(modules)) ? [modules] : [])];
  await downloadPackages(names, scratch, { line });
  const tree = join(scratch, "tree");
  line("unpacking");
  await unpackAll(scratch, tree);
  const made = filesOf(join(scratch, "made"));
  await mkdir(made.folder);
  const image = (await readdir(join(tree, "boot"))).find((name) => name.startsWith("vmlinuz-"));
  await copyFile(join(tree, "boot", image), made.kernel);
  line("building the initramfs");
  const busybox = ["usr/bin/busybox", "bin/busybox"].map((path) => join(tree, path)).find((path) => existsSync(path));
  await buildInitramfs({ kernelTree: tree, busybox, scratch, target: made.initramfs });
  return made.folder;
}

/**
 * A Linux for QEMU (amd64): Debian's cloud kernel and an initramfs of busybox with a login on its serial port (root, no password,
 * prompt `root@hello:/# `). Made once and kept in the user's cache; throws where the packages can't be had.
 */
export async function prepareGuest({ line = () => {} } = {}) {
  const found = findGuest();
  if (found) return found;
  if (!hasApt()) throw new Error("no Debian or Ubuntu here: the guest's kernel and busybox come from their packages");
  const target = join(cache, recipe);
  await mkdir(cache, { recursive: true });
  const scratch = await mkdtemp(join(cache, "making-"));
  try {
    const made = await build(scratch, { line });
    await mkdir(dirname(target), { recursive: true });
    await rm(target, { recursive: true, force: true });
    await rename(made, target);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  return filesOf(target);
}
