import { writeSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import type { BasaltError } from "@basalt/core";
import { diskError } from "../files/disk-error.js";

/** Text is turned into bytes and written in pieces of about this many characters. */
const pieceLength = 1 << 20;

/**
 * A file that text is added to without waiting: the writer never sets the pace. What comes while a write is under way makes the next one, so
 * the faster the text, the larger the writes. What is left at the end of the process is written then, synchronously.
 */
export class AppendFile implements AsyncDisposable {
  #waiting: string[] = [];
  #waitingLength = 0;
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
    this.#waiting.push(text);
    this.#waitingLength += text.length;
    // at the end of this turn of the event loop: what a burst adds goes into one write
    this.#pump ??= new Promise<void>((resolve) => setImmediate(resolve)).then(() => this.#drain());
  }

  /** Resolves when all that was added so far is with the system. */
  async flush(): Promise<void> {
    while (this.#pump) await this.#pump;
  }

  #take(): Buffer {
    const texts = this.#waiting;
    let count = 0;
    let length = 0;
    while (count < texts.length && length < pieceLength) length += texts[count++]?.length ?? 0;
    this.#waiting = texts.slice(count);
    this.#waitingLength -= length;
    return Buffer.from(texts.slice(0, count).join(""));
  }

  async #drain(): Promise<void> {
    try {
      while (this.#waitingLength > 0) {
        this.#inFlight = this.#take();
        await this.#write(this.#inFlight);
        this.#position += this.#inFlight.length;
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
    this.#waiting = [];
    this.#waitingLength = 0;
    this.#inFlight = undefined;
    this.onFailure(this.#failure);
  }

  #flushSync(): void {
    if (this.#failure) return;
    const bytes = Buffer.concat([this.#inFlight ?? Buffer.alloc(0), Buffer.from(this.#waiting.join(""))]);
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
