import { type FileHandle, open, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { lineStarts } from "./line-starts.js";
import type { LogFile } from "./log-file.js";
import { indexName, textName } from "./log-file.js";
import { storageError } from "./storage-error.js";

const pack = promisify(gzip);
const unpack = promisify(gunzip);

export const packedName = "output.yaml.gz";
const blocksName = "output.blocks.json";
const linesPerBlock = 4_096;

/** Where each block of lines begins in the packed file. */
interface Blocks {
  readonly lines: number;
  readonly linesPerBlock: number;
  readonly offsets: readonly number[];
}

/**
 * Packs a log: blocks of 4,096 lines, each a gzip member of its own, so that `zcat` reads the file and a page needs one or two blocks.
 * The packed file stands complete before the plain one goes.
 */
export async function sealLog(file: LogFile): Promise<void> {
  try {
    await packLog(file, await file.freeze());
  } catch (error) {
    file.thaw();
    throw error;
  }
}

async function packLog(file: LogFile, lines: number): Promise<void> {
  const { folder } = file;
  const packed = join(folder, packedName);
  // another server process may pack it, too: whoever is last, the content is the same
  const part = `${packed}.${process.pid}.part`;
  const offsets: number[] = [];
  const out = await open(part, "w").catch((cause) => {
    throw storageError("write", packed, cause);
  });
  try {
    let offset = 0;
    for (let line = 0; line < lines; line += linesPerBlock) {
      const block = await pack(await file.range(line, line + linesPerBlock));
      offsets.push(offset);
      await out.write(block);
      offset += block.length;
    }
    await out.datasync();
  } catch (cause) {
    await rm(part, { force: true });
    throw storageError("write", packed, cause);
  } finally {
    await out.close();
  }
  await writeBlocks(folder, { lines, linesPerBlock, offsets });
  await rename(part, packed);
  await rm(join(folder, textName), { force: true });
  await rm(join(folder, indexName), { force: true });
}

async function writeBlocks(folder: string, blocks: Blocks): Promise<void> {
  const path = join(folder, blocksName);
  const part = `${path}.${process.pid}.part`;
  const file = await open(part, "w");
  try {
    await file.writeFile(JSON.stringify(blocks));
    await file.datasync();
  } finally {
    await file.close();
  }
  await rename(part, path);
}

/** Whether a log was packed. */
export const isSealed = (folder: string): Promise<boolean> =>
  stat(join(folder, packedName)).then(
    () => true,
    () => false,
  );

export async function readBlocks(folder: string): Promise<Blocks> {
  return JSON.parse(await readFile(join(folder, blocksName), "utf8")) as Blocks;
}

/** Lines [start, end) of a packed log. */
export async function sealedRange(folder: string, start: number, end: number): Promise<Buffer> {
  const blocks = await readBlocks(folder);
  const from = Math.max(0, Math.min(start, blocks.lines));
  const to = Math.max(from, Math.min(end, blocks.lines));
  if (from === to) return Buffer.alloc(0);
  const first = Math.floor(from / blocks.linesPerBlock);
  const last = Math.floor((to - 1) / blocks.linesPerBlock);
  const file = await open(join(folder, packedName), "r");
  try {
    const parts: Buffer[] = [];
    for (let block = first; block <= last; block++) parts.push(await readBlock(file, blocks, block));
    const text = Buffer.concat(parts);
    const starts = lineStarts(text);
    const skip = first * blocks.linesPerBlock;
    return text.subarray(starts[from - skip] ?? 0, starts[to - skip] ?? text.length);
  } finally {
    await file.close();
  }
}

async function readBlock(file: FileHandle, { offsets }: Blocks, block: number): Promise<Buffer> {
  const begin = offsets[block] ?? 0;
  const end = offsets[block + 1] ?? (await file.stat()).size;
  const packed = Buffer.allocUnsafe(end - begin);
  await file.read(packed, 0, packed.length, begin);
  return unpack(packed);
}
