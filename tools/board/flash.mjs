import { existsSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, rename, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { findProgram, run } from "../lib/run.mjs";

/** The board's flash memory: an SD card has a power of two of bytes. */
const mediumMiB = 128;

/** Its partitions, in the order they lie in, MiB. */
export const partitions = { boot: { firstMiB: 1, sizeMiB: 40 }, rootfs: { firstMiB: 41, sizeMiB: 48 } };

const table = Object.entries(partitions)
  .map(([name, { firstMiB, sizeMiB }]) => `start=${firstMiB}MiB,size=${sizeMiB}MiB,name=${name}`)
  .join("\n");

/** Makes the medium, as a board leaves the factory: partitioned, and empty. */
export async function makeFlash(path) {
  await writeFile(path, "");
  await truncate(path, mediumMiB * 2 ** 20);
  const tool = findProgram("sfdisk") ?? "sfdisk"; // in /sbin, which users' PATH leaves out
  await run("sh", ["-c", 'printf "label: gpt\\n%s\\n" "$2" | "$0" --quiet "$1"', tool, path, table]);
}

/** How U-Boot's distro boot finds kernel and ramdisk on the first partition. The device tree is QEMU's own, in memory. */
const extlinux = `default board
label board
  kernel /Image
  initrd /initramfs.cpio.gz
  append console=ttyAMA0 root=/dev/vda2
`;

/** A file system with the content of a folder, so many MiB large. */
async function extImage(target, folder, sizeMiB) {
  const tool = findProgram("mke2fs") ?? "mke2fs";
  const options = ["-q", "-t", "ext4", "-O", "^has_journal", "-E", "root_owner=0:0", "-d", folder];
  await run(tool, [...options, target, `${sizeMiB}M`]);
}

/**
 * What jobs flash: `boot`, a raw image with kernel, ramdisk and extlinux.conf, and `system`, the root file system as an Android sparse
 * image. Made of the board's files, beside them.
 */
export async function prepareFlashImages(files) {
  const folder = join(files.folder, "flash");
  const images = { boot: join(folder, "boot.img"), system: join(folder, "rootfs.simg") };
  if (existsSync(folder)) return images;
  const scratch = await mkdtemp(join(files.folder, "making-"));
  try {
    const [boot, root, made] = ["boot", "root", "made"].map((name) => join(scratch, name));
    await mkdir(join(boot, "extlinux"), { recursive: true });
    await mkdir(root);
    await mkdir(made);
    await writeFile(join(boot, "extlinux", "extlinux.conf"), extlinux);
    await copyFile(files.kernel, join(boot, "Image"));
    await copyFile(files.ramdisk, join(boot, "initramfs.cpio.gz"));
    await extImage(join(made, "boot.img"), boot, 34);
    await run("tar", ["-xzf", files.rootfs, "-C", root]);
    await extImage(join(scratch, "rootfs.img"), root, 24);
    await run("img2simg", [join(scratch, "rootfs.img"), join(made, "rootfs.simg")]);
    await rename(made, folder);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  return images;
}
