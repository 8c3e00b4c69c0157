import { randomUUID } from "node:crypto";
import { constants, createReadStream, createWriteStream } from "node:fs";
import { copyFile, mkdir, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { type Clock, type Compression, displayUrl, isBasaltError, jobError } from "@basalt/core";
import { compressorOf } from "../files/compressors.js";
import { diskError } from "../files/disk-error.js";
import { runTool } from "../files/run-tool.js";

export interface PlaceFile {
  readonly from: string;
  readonly to: string;
  readonly url: string;
  readonly compression?: Compression | undefined;
  /** The source may be moved instead of copied. */
  readonly mayMove: boolean;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

async function gunzip(from: string, to: string, signal: AbortSignal): Promise<void> {
  await pipeline(
    createReadStream(from, { highWaterMark: 1 << 18 }),
    createGunzip({ chunkSize: 1 << 18 }),
    createWriteStream(to),
    {
      signal,
    },
  );
}

async function decompress(place: PlaceFile, compression: Exclude<Compression, "zip">, to: string): Promise<void> {
  const { from, url, signal, clock } = place;
  try {
    if (compression === "gz") return await gunzip(from, to, signal);
    const { unpack, debianPackage } = compressorOf(compression);
    const what = `decompress ${displayUrl(url)} as ${compression}`;
    await runTool({ argv: unpack, debianPackage, what, stdin: { file: from }, stdout: { file: to }, signal, clock });
  } catch (cause) {
    signal.throwIfAborted();
    const { code, message } = cause as NodeJS.ErrnoException;
    if (isBasaltError(cause) && code !== "ERR_TOOL_FAILED") throw cause;
    if (code === "ENOSPC" || code === "ENOENT") throw diskError("write", to, cause);
    throw jobError(
      "ERR_DOWNLOAD_DECOMPRESS",
      `${displayUrl(url)} is not what the job says it is: it can't be decompressed as ${compression} (${message}); correct the job's \`compression\`, or the file`,
      { cause },
    );
  }
}

/**
 * Puts a fetched file where the job wants it, decompressed on the way. Never a hard link: a job that writes into its file (an overlay put
 * into an image) must not change the copy in the cache. A reflink where the disk can. Zip archives stay as they are (lava-dispatcher.md 7.1).
 */
export async function placeFile(place: PlaceFile): Promise<void> {
  const { from, to, compression, mayMove } = place;
  const draft = `${to}.${randomUUID()}`;
  try {
    await mkdir(dirname(to), { recursive: true });
    if (compression !== undefined && compression !== "zip") await decompress(place, compression, draft);
    else if (mayMove) return await rename(from, to);
    else await copyFile(from, draft, constants.COPYFILE_FICLONE);
    await rename(draft, to);
  } catch (cause) {
    place.signal.throwIfAborted();
    throw diskError("write", to, cause);
  } finally {
    await rm(draft, { force: true });
  }
}
