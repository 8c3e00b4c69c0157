import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { bugError } from "@basalt/core";
import { lineStarts, readOffset, toIndex } from "./line-starts.js";
import type { LogPage, PageQuery } from "./log-page.js";
import type { Appended, NewLines } from "./log-store.js";
import { storageError } from "./storage-error.js";

export const textName = "output.yaml";
export const indexName = "output.idx";
const scanBytes = 1 << 20;

/**
 * A log that grows: `output.yaml` and its index. The text is the truth: a torn last line is cut off when it is opened, and the index is mended.
 */
export class LogFile implements AsyncDisposable {
  #lines = 0;
  #bytes = 0;
  /** Lines that are on disk for good. */
  #durable = 0;
  #syncing: Promise<void> | undefined;
  #nextSync: Promise<void> | undefined;
  /** Appends of one log are written one after another. */
  #writing: Promise<unknown> = Promise.resolve();
  /** Nothing is taken any more: it is being packed. */
  #frozen = false;

  private constructor(
    readonly folder: string,
    private readonly text: FileHandle,
    private readonly index: FileHandle,
  ) {}

  /** Opens a log, or begins it. @throws ERR_DISK_FULL, ERR_LOG_STORE (infrastructure) */
  static async open(folder: string): Promise<LogFile> {
    const text = await open(join(folder, textName), "a+", 0o640).catch((cause) => {
      throw storageError("open", join(folder, textName), cause);
    });
    try {
      const index = await open(join(folder, indexName), "r+").catch(() => open(join(folder, indexName), "w+", 0o640));
      const file = new LogFile(folder, text, index);
      await file.#mend();
      return file;
    } catch (cause) {
      await text.close();
      throw storageError("open", folder, cause);
    }
  }

  get lines(): number {
    return this.#lines;
  }

  /** Takes what is on disk as it is: whole lines count, an index that does not fit is made anew from where it stops fitting. */
  async #mend(): Promise<void> {
    const { size } = await this.text.stat();
    const known = Math.floor((await this.index.stat()).size / 8);
    let { line, offset } = await this.#lastIndexed(known, size);
    for (let length = scanBytes; ; ) {
      const { buffer, bytesRead } = await this.text.read(Buffer.allocUnsafe(length), 0, length, offset);
      const whole = bytesRead === 0 ? 0 : buffer.subarray(0, bytesRead).lastIndexOf(0x0a) + 1;
      if (whole === 0) {
        if (bytesRead < length) break;
        // a line longer than that
        length *= 2;
        continue;
      }
      const starts = lineStarts(buffer.subarray(0, whole));
      await this.index.write(toIndex(starts, offset), 0, starts.length * 8, line * 8);
      line += starts.length;
      offset += whole;
    }
    await this.index.truncate(line * 8);
    if (offset < size) await this.text.truncate(offset);
    await this.text.datasync();
    this.#lines = line;
    this.#durable = line;
    this.#bytes = offset;
  }

  /** The last line that the index tells the truth about; an index with nonsense at its end is made anew. */
  async #lastIndexed(known: number, size: number): Promise<{ line: number; offset: number }> {
    const anew = { line: 0, offset: 0 };
    if (known < 2) return anew;
    const last = Buffer.alloc(16);
    await this.index.read(last, 0, 16, (known - 2) * 8);
    const offset = readOffset(last, 1);
    if (offset <= readOffset(last, 0) || offset > size) return anew;
    const before = Buffer.alloc(1);
    const { bytesRead } = await this.text.read(before, 0, 1, offset - 1);
    return bytesRead === 1 && before[0] === 0x0a ? { line: known - 1, offset } : anew;
  }

  /**
   * Another server process of this folder may have written to the log, or packed it, since we looked.
   * @returns false where the file is gone
   */
  isCurrent(): Promise<boolean> {
    return this.#inTurn(async () => {
      const { size, nlink } = await this.text.stat();
      if (nlink === 0) return false;
      if (size !== this.#bytes) await this.#mend();
      return true;
    });
  }

  /** From now on appends add nothing. @returns its lines */
  freeze(): Promise<number> {
    return this.#inTurn(async () => {
      this.#frozen = true;
      return this.#lines;
    });
  }

  thaw(): void {
    this.#frozen = false;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#writing.then(work);
    this.#writing = done.catch(() => {});
    return done;
  }

  async append(lines: NewLines): Promise<Appended> {
    const added = await this.#inTurn(() => this.#write(lines));
    await this.#sync();
    return { next: this.#durable, added };
  }

  async #write({ from, count, body }: NewLines): Promise<Appended["added"]> {
    const starts = lineStarts(body);
    if (starts.length !== count || (count > 0 && body.at(-1) !== 0x0a))
      throw bugError(
        "ERR_LOG_LINES",
        `${starts.length} lines came, and ${count} were announced; each must end with a line feed`,
      );
    const have = this.#lines - from;
    if (this.#frozen || have < 0 || have >= count) return { from: this.#lines, count: 0, body: Buffer.alloc(0) };
    const first = starts[have] ?? 0;
    const fresh = body.subarray(first);
    const freshStarts = have === 0 ? starts : starts.slice(have).map((start) => start - first);
    const index = toIndex(freshStarts, this.#bytes);
    try {
      await this.text.appendFile(fresh);
      await this.index.write(index, 0, index.length, this.#lines * 8);
    } catch (cause) {
      // what was half written goes away again: the next try begins at the same line
      await this.text.truncate(this.#bytes).catch(() => {});
      throw storageError("write", join(this.folder, textName), cause);
    }
    const begin = this.#lines;
    this.#lines += freshStarts.length;
    this.#bytes += fresh.length;
    return { from: begin, count: freshStarts.length, body: fresh };
  }

  /** Appends that wait while one sync runs share the next. */
  #sync(): Promise<void> {
    if (this.#durable >= this.#lines) return Promise.resolve();
    if (!this.#syncing) {
      this.#syncing = this.#syncOnce().finally(() => {
        this.#syncing = undefined;
      });
      return this.#syncing;
    }
    this.#nextSync ??= this.#syncing
      .catch(() => {})
      .then(() => {
        this.#nextSync = undefined;
        return this.#sync();
      });
    return this.#nextSync;
  }

  async #syncOnce(): Promise<void> {
    const lines = this.#lines;
    await this.text.datasync().catch(async (cause) => {
      // what the kernel could not write it may have thrown away, and would not say so again: the lines must come again
      await this.#cutBack().catch(() => {});
      throw storageError("write", join(this.folder, textName), cause);
    });
    this.#durable = Math.max(this.#durable, lines);
  }

  #cutBack(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#durable === this.#lines) return;
      const at = await this.#offset(this.#durable);
      await this.text.truncate(at);
      this.#lines = this.#durable;
      this.#bytes = at;
    });
  }

  async page({ start, end, bytes, last = false }: PageQuery): Promise<LogPage> {
    const lines = this.#lines;
    let from = Math.max(0, Math.min(start, lines));
    let to = Math.max(from, Math.min(end, lines));
    if (from === to) return { start: from, next: to, text: Buffer.alloc(0) };
    let begin = await this.#offset(from);
    let until = await this.#offset(to);
    if (until - begin > bytes && last) {
      const room = until - bytes;
      from = await this.#firstLine(from, to - 1, (offset) => offset >= room);
      begin = await this.#offset(from);
    } else if (until - begin > bytes) {
      const room = begin + bytes;
      to = Math.max(from + 1, (await this.#firstLine(from, to, (offset) => offset > room)) - 1);
      until = await this.#offset(to);
    }
    return { start: from, next: to, text: await this.#read(begin, until) };
  }

  async #read(begin: number, until: number): Promise<Buffer> {
    const part = Buffer.allocUnsafe(until - begin);
    for (let at = 0; at < part.length; ) {
      const { bytesRead } = await this.text.read(part, at, part.length - at, begin + at);
      if (bytesRead === 0)
        throw storageError("read", join(this.folder, textName), new Error("it is shorter than its index says"));
      at += bytesRead;
    }
    return part;
  }

  /** The first of lines [low, high) that begins where it is asked to, `high` where none does: a few looks into the index. */
  async #firstLine(low: number, high: number, isThere: (offset: number) => boolean): Promise<number> {
    let [from, to] = [low, high];
    while (from < to) {
      const middle = Math.floor((from + to) / 2);
      if (isThere(await this.#offset(middle))) to = middle;
      else from = middle + 1;
    }
    return from;
  }

  /** Where a line begins; the one after the last begins where the log ends. */
  async #offset(line: number): Promise<number> {
    if (line === this.#lines) return this.#bytes;
    const entry = Buffer.alloc(8);
    await this.index.read(entry, 0, 8, line * 8);
    return readOffset(entry, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing;
    await this.#syncing?.catch(() => {});
    await Promise.all([this.text.close(), this.index.close()]);
  }
}
