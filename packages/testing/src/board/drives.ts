import { execFile } from "node:child_process";
import { mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { infrastructureError } from "@basalt/core";

const exec = promisify(execFile);

// ext2/3/4: the superblock is 1024 bytes in; magic at 0x38, UUID at 0x68 (Linux, Documentation/filesystems/ext4/super.rst)
const superblockAt = 1024;
const magic = 0xef53;

/** The UUID of an ext2 image, or undefined for a file that is none. */
export async function ext2Uuid(image: string): Promise<string | undefined> {
  const file = await open(image);
  try {
    const block = Buffer.alloc(0x80);
    const { bytesRead } = await file.read(block, 0, block.length, superblockAt);
    if (bytesRead < block.length || block.readUInt16LE(0x38) !== magic) return undefined;
    const hex = block.toString("hex", 0x68, 0x78);
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  } finally {
    await file.close();
  }
}

/** Reads an ext2 image into the board's folder of drives, where its `mount UUID=...` finds it. Needs debugfs (Debian: e2fsprogs), no rights. */
export async function readDrive(image: string, drivesFolder: string): Promise<void> {
  const uuid = await ext2Uuid(image);
  if (uuid === undefined) return;
  const folder = join(drivesFolder, uuid);
  await mkdir(folder, { recursive: true });
  const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
  try {
    await exec("debugfs", ["-R", `rdump / "${folder}"`, image], { env });
  } catch (cause) {
    throw infrastructureError(
      "ERR_TOOL_MISSING",
      `can't read the drive ${image}: debugfs failed; it is in Debian's package e2fsprogs`,
      { cause },
    );
  }
}
