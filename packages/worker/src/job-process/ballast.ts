import { randomBytes } from "node:crypto";
import { open, rm } from "node:fs/promises";
import { diskError } from "@basalt/host/disk-error";

/** Enough for the last lines of a log and `end.json`. */
const ballastBytes = 128 * 1024;

/** Takes space that {@link dropBallast} gives back when the disk is full. Random, so that no file system squeezes it. */
export async function takeBallast(path: string): Promise<void> {
  try {
    await using handle = await open(path, "w", 0o600);
    await handle.writeFile(randomBytes(ballastBytes));
    await handle.datasync();
  } catch (cause) {
    throw diskError("write", path, cause);
  }
}

export const dropBallast = (path: string): Promise<void> => rm(path, { force: true });
