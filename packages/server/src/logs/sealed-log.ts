import { type FileHandle, open, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { lineStarts } from "./line-starts.js";
import type { LogFile } from "./log-file.js";
import { indexName, textName } from "./log-file.js";
import { fittingLines, type LogPage, type PageQuery } from "./log-page.js";
import { storageError } from "./storage-error.js";

const pack = promisify(gzip);
const unpack = promisify(gunzip);

export const packedName = "output.yaml.gz";
const blocksName = "output.blocks.json";
const linesPerBlock = 4_096;
const bytesPerBlock = 1024 * 1024;

/** What the packed file is made of. */
interface Blocks {
  readonly lines: number;
  /** First line of each block. */
  readonly firsts: readonly number[];
  /** Where each block begins in the packed file. */
  readonly offsets: readonly number[];
}

/**
 * Packs a log: blocks of 4,096 lines and 1 MiB at most (or one line), each a gzip member of its own, so that `zcat` reads the file and a page needs one or two blocks.
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
  const firsts: number[] = [];
  const out = await open(part, "w", 0o640).catch((cause) => {
    throw storageError("write", packed, cause);
  });
  try {
    let offset = 0;
    for (let line = 0; line < lines; ) {
      const end = Math.min(lines, line + linesPerBlock);
      const { text, next } = await file.page({ start: line, end, bytes: bytesPerBlock });
      const block = await pack(text);
      firsts.push(line);
      offsets.push(offset);
      await out.write(block);
      offset += block.length;
      line = next;
    }
    await out.datasync();
  } catch (cause) {
    await rm(part, { force: true });
    throw storageError("write", packed, cause);
  } finally {
    await out.close();
  }
  await writeBlocks(folder, { lines, firsts, offsets });
  await rename(part, packed);
  await removePlainLog(folder);
}

/** Takes away what was packed; also where whoever packed it died before. */
export async function removePlainLog(folder: string): Promise<void> {
  for (const name of [textName, indexName]) await rm(join(folder, name), { force: true });
}

async function writeBlocks(folder: string, blocks: Blocks): Promise<void> {
  const path = join(folder, blocksName);
  const part = `${path}.${process.pid}.part`;
  const file = await open(part, "w", 0o640);
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
  const read = JSON.parse(await readFile(join(folder, blocksName), "utf8"));
  // the first servers packed by lines only
  const firsts = read.firsts ?? read.offsets.map((_offset: number, block: number) => block * linesPerBlock);
  return { ...read, firsts };
}

/** A part of a packed log: block by block, until it is enough. */
export async function sealedPage(folder: string, { start, end, bytes, last = false }: PageQuery): Promise<LogPage> {
  const blocks = await readBlocks(folder);
  const from = Math.max(0, Math.min(start, blocks.lines));
  const to = Math.max(from, Math.min(end, blocks.lines));
  if (from === to) return { start: from, next: to, text: Buffer.alloc(0) };
  const wanted = blocks.firsts.flatMap((first, block) =>
    first < to && (blocks.firsts[block + 1] ?? blocks.lines) > from ? [block] : [],
  );
  const parts: Buffer[] = [];
  let left = bytes;
  const file = await open(join(folder, packedName), "r");
  try {
    for (const block of last ? wanted.reverse() : wanted) {
      const all = linesOf(await readBlock(file, blocks, block), blocks.firsts[block] ?? 0, { from, to });
      const part = fittingLines(all, { bytes: left, last, atLeastOne: parts.length === 0 });
      parts.push(part);
      left = Math.max(0, left - part.length);
      if (part.length < all.length || left === 0) break;
    }
  } finally {
    await file.close();
  }
  const text = Buffer.concat(last ? parts.reverse() : parts);
  const count = lineStarts(text).length;
  return last ? { start: to - count, next: to, text } : { start: from, next: from + count, text };
}

/** Lines [from, to) of a block that begins with line `first`, as far as it has them. */
function linesOf(block: Buffer, first: number, { from, to }: { readonly from: number; readonly to: number }): Buffer {
  const starts = lineStarts(block);
  return block.subarray(starts[Math.max(0, from - first)] ?? block.length, starts[to - first] ?? block.length);
}

async function readBlock(file: FileHandle, { offsets }: Blocks, block: number): Promise<Buffer> {
  const begin = offsets[block] ?? 0;
  const end = offsets[block + 1] ?? (await file.stat()).size;
  const packed = Buffer.allocUnsafe(end - begin);
  await file.read(packed, 0, packed.length, begin);
  return unpack(packed);
}
