import { type FileHandle, open } from "node:fs/promises";
import { diskError } from "@basalt/host/disk-error";
import type { LogPart } from "./job-book-types.js";

const lineFeed = 10;
const chunkBytes = 256 * 1024;
/** Lines between two remembered places at first; doubled when there are too many of them. */
const firstStride = 256;
const mostMarks = 4_096;

/** Where a line begins. */
interface Mark {
  readonly line: number;
  readonly offset: number;
}

export interface ReadLimits {
  readonly maxLines: number;
  readonly maxBytes: number;
}

const nothing: LogPart = Object.freeze({ lines: Buffer.alloc(0), count: 0 });

/**
 * A growing file, by line numbers: finds any line without reading the file from its beginning, in constant memory. Only whole lines count;
 * what stands behind the last line feed may still change.
 */
export class LineIndex implements AsyncDisposable {
  #handle: FileHandle | undefined;
  #lines = 0;
  /** Bytes of whole lines. */
  #end = 0;
  /** Bytes that are on the disk for sure. */
  #synced = 0;
  #marks: Mark[] = [{ line: 0, offset: 0 }];
  #stride = firstStride;
  /** Where the last read ended: the next one most often goes on there. */
  #next: Mark = { line: 0, offset: 0 };
  #work: Promise<unknown> = Promise.resolve();
  #queued: Promise<boolean> | undefined;

  constructor(private readonly path: string) {}

  /** Whole lines, as of the last {@link grow}. */
  get lines(): number {
    return this.#lines;
  }

  /** Looks at what was added. True where there are new whole lines. */
  grow(): Promise<boolean> {
    // one that has not begun yet will see what its callers want to be seen
    this.#queued ??= this.#alone(() => {
      this.#queued = undefined;
      return this.#grow();
    });
    return this.#queued;
  }

  /** Whole lines from line `from` (0-based) on, as far as the limits go; one line may be longer than `maxBytes`. They are on the disk then. */
  read(from: number, limits: ReadLimits): Promise<LogPart> {
    return this.#alone(() => this.#read(from, limits));
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#work.then(work).catch((cause: unknown) => {
      throw diskError("read", this.path, cause);
    });
    this.#work = done.catch(() => {});
    return done;
  }

  async #open(): Promise<FileHandle | undefined> {
    this.#handle ??= await open(this.path, "r").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw error;
    });
    return this.#handle;
  }

  async #grow(): Promise<boolean> {
    const handle = await this.#open();
    if (!handle) return false;
    const { size } = await handle.stat();
    const before = this.#lines;
    const chunk = Buffer.allocUnsafe(Math.min(chunkBytes, Math.max(1, size - this.#end)));
    for (let at = this.#end; at < size; ) {
      const { bytesRead } = await handle.read(chunk, 0, chunk.length, at);
      if (bytesRead === 0) break;
      const bytes = chunk.subarray(0, bytesRead);
      for (let found = bytes.indexOf(lineFeed); found >= 0; found = bytes.indexOf(lineFeed, found + 1))
        this.#count(at + found + 1);
      at += bytesRead;
    }
    return this.#lines > before;
  }

  #count(end: number): void {
    this.#lines++;
    this.#end = end;
    if (this.#lines % this.#stride !== 0) return;
    this.#marks.push({ line: this.#lines, offset: end });
    if (this.#marks.length <= mostMarks) return;
    this.#stride *= 2;
    this.#marks = this.#marks.filter(({ line }) => line % this.#stride === 0);
  }

  /** The last known place at or before a line. */
  #markBefore(line: number): Mark {
    const index = Math.min(Math.floor(line / this.#stride), this.#marks.length - 1);
    const mark = this.#marks[index] ?? { line: 0, offset: 0 };
    return this.#next.line <= line && this.#next.line > mark.line ? this.#next : mark;
  }

  /** Where the line begins that is `lines` further on. */
  async #skip(handle: FileHandle, offset: number, lines: number): Promise<number> {
    const chunk = Buffer.allocUnsafe(chunkBytes);
    for (let at = offset, left = lines; left > 0; ) {
      const { bytesRead } = await handle.read(chunk, 0, chunkBytes, at);
      if (bytesRead === 0) return this.#end;
      const bytes = chunk.subarray(0, bytesRead);
      for (let found = bytes.indexOf(lineFeed); found >= 0; found = bytes.indexOf(lineFeed, found + 1))
        if (--left === 0) return at + found + 1;
      at += bytesRead;
    }
    return offset;
  }

  async #read(from: number, { maxLines, maxBytes }: ReadLimits): Promise<LogPart> {
    const handle = await this.#open();
    if (!handle || from >= this.#lines || maxLines < 1) return nothing;
    const mark = this.#markBefore(from);
    const begin = await this.#skip(handle, mark.offset, from - mark.line);
    const bytes = Buffer.allocUnsafe(Math.max(0, Math.min(maxBytes, this.#end - begin)));
    await readFully(handle, bytes, begin);
    let count = 0;
    let length = 0;
    for (let found = bytes.indexOf(lineFeed); found >= 0 && count < maxLines; found = bytes.indexOf(lineFeed, length)) {
      count++;
      length = found + 1;
    }
    const lines = count > 0 ? bytes.subarray(0, length) : await this.#wholeLine(handle, begin);
    this.#next = { line: from + Math.max(1, count), offset: begin + lines.length };
    await this.#sync(handle, this.#next.offset);
    return { lines, count: Math.max(1, count) };
  }

  async #wholeLine(handle: FileHandle, begin: number): Promise<Buffer> {
    const bytes = Buffer.allocUnsafe((await this.#skip(handle, begin, 1)) - begin);
    await readFully(handle, bytes, begin);
    return bytes;
  }

  /** What the server was told must not be lost by this machine: line numbers would begin to differ. */
  async #sync(handle: FileHandle, end: number): Promise<void> {
    if (end <= this.#synced) return;
    const { size } = await handle.stat();
    await handle.datasync();
    this.#synced = size;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#work;
    await this.#handle?.close();
    this.#handle = undefined;
  }
}

async function readFully(handle: FileHandle, bytes: Buffer, from: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesRead } = await handle.read(bytes, at, bytes.length - at, from + at);
    if (bytesRead === 0) throw new Error("the file became shorter");
    at += bytesRead;
  }
}
