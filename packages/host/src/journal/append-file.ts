import { writeSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import type { BasaltError } from "@basalt/core";
import { diskError } from "../files/disk-error.js";

/**
 * Characters that are turned into bytes at once. They are still in the processor's cache then: 64 KB at a time take more than twice as long,
 * and one character beyond Latin-1 slows down only the piece it is in.
 */
const pieceLength = 8192;
/** Bytes that are written at once. */
const chunkBytes = 256 * 1024;
const encoder = new TextEncoder();

/**
 * A file that text is added to without waiting: the writer never sets the pace. What comes while a write is under way makes the next ones, so
 * the faster the text, the larger the writes. What is left at the end of the process is written then, synchronously.
 */
export class AppendFile implements AsyncDisposable {
  /** Not turned into bytes yet. */
  #text = "";
  /** Bytes are put here; those from #from to #to wait to be written. */
  #chunk = Buffer.alloc(0);
  #from = 0;
  #to = 0;
  /** Bytes before those of #chunk that wait to be written. */
  #waiting: Buffer[] = [];
  /** Being written; written again at the same place if the process ends before the disk has answered. */
  #inFlight: Buffer | undefined;
  #position = 0;
  #pump: Promise<void> | undefined;
  #failure: BasaltError | undefined;
  readonly #onExit = (): void => this.#flushSync();

  private constructor(
    readonly path: string,
    private readonly handle: FileHandle,
    private readonly onFailure: (error: BasaltError) => void,
  ) {
    process.on("exit", this.#onExit);
  }

  /** Opens a file anew. `onFailure` hears once of a disk that takes no more; text is then let go. */
  static async open(path: string, onFailure: (error: BasaltError) => void): Promise<AppendFile> {
    const handle = await open(path, "w").catch((cause: unknown) => {
      throw diskError("write", path, cause);
    });
    return new AppendFile(path, handle, onFailure);
  }

  get failure(): BasaltError | undefined {
    return this.#failure;
  }

  append(text: string): void {
    if (this.#failure) return;
    this.#text += text;
    if (this.#text.length >= pieceLength) this.#encode();
    // at the end of this turn of the event loop: what a burst adds goes into one write
    this.#pump ??= new Promise<void>((resolve) => setImmediate(resolve)).then(() => this.#drain());
  }

  /** Resolves when all that was added so far is with the system. */
  async flush(): Promise<void> {
    while (this.#pump) await this.#pump;
  }

  #encode(): void {
    const whole = this.#text;
    // half of a surrogate pair waits for its other half
    const last = whole.charCodeAt(whole.length - 1);
    const cut = last >= 0xd800 && last < 0xdc00 && whole.length > 1 ? whole.length - 1 : whole.length;
    const text = cut === whole.length ? whole : whole.slice(0, cut);
    this.#text = whole.slice(cut);
    // UTF-8 takes three bytes at most for one of UTF-16's units
    const needed = text.length * 3;
    if (needed > this.#chunk.length - this.#to) {
      this.#seal();
      this.#chunk = Buffer.allocUnsafe(Math.max(chunkBytes, needed));
      this.#from = 0;
      this.#to = 0;
    }
    this.#to += encoder.encodeInto(text, this.#chunk.subarray(this.#to)).written;
  }

  /** What the chunk holds waits to be written; what comes next is put behind it. */
  #seal(): void {
    if (this.#to > this.#from) this.#waiting.push(this.#chunk.subarray(this.#from, this.#to));
    this.#from = this.#to;
  }

  #take(): Buffer | undefined {
    if (this.#waiting.length === 0) {
      if (this.#text !== "") this.#encode();
      this.#seal();
    }
    return this.#waiting.shift();
  }

  async #drain(): Promise<void> {
    try {
      for (let bytes = this.#take(); bytes; bytes = this.#take()) {
        this.#inFlight = bytes;
        await this.#write(bytes);
        this.#position += bytes.length;
        this.#inFlight = undefined;
      }
    } catch (cause) {
      this.#fail(cause);
    } finally {
      this.#pump = undefined;
    }
  }

  async #write(bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const { bytesWritten } = await this.handle.write(bytes, at, bytes.length - at, this.#position + at);
      at += bytesWritten;
    }
  }

  #fail(cause: unknown): void {
    this.#failure ??= diskError("write", this.path, cause);
    this.#text = "";
    this.#chunk = Buffer.alloc(0);
    this.#from = 0;
    this.#to = 0;
    this.#waiting = [];
    this.#inFlight = undefined;
    this.onFailure(this.#failure);
  }

  #flushSync(): void {
    if (this.#failure) return;
    while (this.#text !== "") this.#encode();
    this.#seal();
    const bytes = Buffer.concat([this.#inFlight ?? Buffer.alloc(0), ...this.#waiting]);
    try {
      for (let at = 0; at < bytes.length; )
        at += writeSync(this.handle.fd, bytes, at, bytes.length - at, this.#position + at);
    } catch {
      // the process ends: nobody is left to tell
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.flush();
    process.off("exit", this.#onExit);
    await this.handle.close();
  }
}
