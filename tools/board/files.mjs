import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { downloadPackages, hasApt, isKnown, isRoot, refreshLists } from "../lib/debian.mjs";
import { run } from "../lib/run.mjs";
import { buildInitramfs } from "./initramfs.mjs";
import { dumpDeviceTree } from "./machine.mjs";

/** Changes when the recipe does, so that an old board is not taken for a new one. */
const recipe = createHash("sha256")
  .update(
    ["files.mjs", "initramfs.mjs", "../lib/initramfs.mjs", "machine.mjs"]
      .map((name) => readFileSync(fileURLToPath(new URL(name, import.meta.url))))
      .join(),
  )
  .digest("hex")
  .slice(0, 12);

/** What a board boots, by the names that jobs use. */
const names = { kernel: "Image", ramdisk: "initramfs.cpio.gz", dtb: "virt.dtb", rootfs: "rootfs.tar.gz" };

/** Where boards are kept between runs and clones. */
const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "basalt", "board");

const filesOf = (folder) => ({
  folder,
  ...Object.fromEntries(Object.entries(names).map(([key, name]) => [key, join(folder, name)])),
});

/** What an earlier run made: paths of `kernel`, `ramdisk`, `dtb`, `rootfs` and their `folder`; or undefined. */
export function findBoardFiles() {
  const files = filesOf(join(cache, recipe));
  return Object.keys(names).every((key) => existsSync(files[key])) ? files : undefined;
}

/** Makes apt know arm64's packages. Nothing of that architecture is installed. */
async function knowArm64(progress) {
  const native = (await run("dpkg", ["--print-architecture"])).trim();
  const foreign = (await run("dpkg", ["--print-foreign-architectures"])).split("\n");
  if (native !== "arm64" && !foreign.includes("arm64")) {
    if (!isRoot())
      throw new Error("apt does not know arm64 here; as root: dpkg --add-architecture arm64 && apt-get update");
    await run("dpkg", ["--add-architecture", "arm64"]);
    await refreshLists(progress);
  }
  if (!(await isKnown("linux-image-cloud-arm64:arm64")) && isRoot()) await refreshLists(progress);
}

/** The kernel's package behind the one that only points at the newest version. */
async function kernelPackage() {
  const text = await run("apt-cache", ["depends", "--no-recommends", "--no-suggests", "linux-image-cloud-arm64:arm64"]);
  const found = /Depends: (linux-image-\d[^\s:]+)/.exec(text)?.[1];
  if (!found) throw new Error("apt knows no linux-image-cloud-arm64: a Debian mirror with arm64 is needed");
  return `${found}:arm64`;
}

async function unpack(packages, scratch, progress) {
  const folder = join(scratch, packages.join("+").replaceAll(/[^\w+.-]/g, "_"));
  await mkdir(folder);
  await downloadPackages(packages, folder, progress);
  const tree = join(folder, "tree");
  for (const name of await readdir(folder))
    if (name.endsWith(".deb")) await run("dpkg-deb", ["-x", join(folder, name), tree]);
  return tree;
}

async function build(scratch, progress) {
  await knowArm64(progress);
  const board = await unpack([await kernelPackage(), "busybox-static:arm64"], scratch, progress);
  // this machine's own busybox: it can be run here, and tells which commands there are
  const own = await unpack(["busybox-static"], scratch, progress);
  const made = filesOf(join(scratch, "made"));
  await mkdir(made.folder);
  const image = (await readdir(join(board, "boot"))).find((name) => name.startsWith("vmlinuz-"));
  await copyFile(join(board, "boot", image), made.kernel);
  progress.line("building the initramfs and the root file system");
  await buildInitramfs({ tree: board, own, scratch, ramdisk: made.ramdisk, rootfs: made.rootfs });
  progress.line("dumping the device tree");
  await dumpDeviceTree(made.dtb);
  return made.folder;
}

/**
 * Files that the virtual board boots: Debian's arm64 cloud kernel, an initramfs of busybox (a login on ttyAMA0: root, no password), a
 * tarball of the same for an NFS root, and QEMU's device tree. Made once and kept in the user's cache.
 */
export async function prepareBoardFiles(progress = { line: () => {} }) {
  const found = findBoardFiles();
  if (found) return found;
  if (!hasApt())
    throw new Error("no Debian or Ubuntu here: the board's kernel and busybox come from Debian's packages");
  const target = join(cache, recipe);
  await mkdir(cache, { recursive: true });
  const scratch = await mkdtemp(join(cache, "making-"));
  try {
    const made = await build(scratch, progress);
    await rm(target, { recursive: true, force: true });
    await rename(made, target);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  return filesOf(target);
}
