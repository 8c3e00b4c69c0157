import { createHash, type Hash } from "node:crypto";
import { type FileHandle, mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { diskError } from "../files/disk-error.js";

export type Algorithm = "md5" | "sha256" | "sha512";
export type Sums = Readonly<Partial<Record<Algorithm, string>>>;

/** A file being fetched, with the sums of what it holds so far. */
export class PartFile implements AsyncDisposable {
  #hashes: ReadonlyMap<Algorithm, Hash>;
  #bytes = 0;

  private constructor(
    readonly path: string,
    private readonly handle: FileHandle,
    private readonly algorithms: readonly Algorithm[],
  ) {
    this.#hashes = PartFile.#fresh(algorithms);
  }

  static async open(path: string, algorithms: readonly Algorithm[]): Promise<PartFile> {
    try {
      await mkdir(dirname(path), { recursive: true });
      return new PartFile(path, await open(path, "w"), algorithms);
    } catch (cause) {
      throw diskError("write", path, cause);
    }
  }

  static #fresh(algorithms: readonly Algorithm[]): ReadonlyMap<Algorithm, Hash> {
    return new Map(algorithms.map((algorithm) => [algorithm, createHash(algorithm)]));
  }

  get bytes(): number {
    return this.#bytes;
  }

  async append(chunk: Uint8Array): Promise<void> {
    for (const hash of this.#hashes.values()) hash.update(chunk);
    try {
      for (let at = 0; at < chunk.length; ) {
        const { bytesWritten } = await this.handle.write(chunk, at, chunk.length - at, this.#bytes + at);
        at += bytesWritten;
      }
    } catch (cause) {
      throw diskError("write", this.path, cause);
    }
    this.#bytes += chunk.length;
  }

  /** Forgets what was fetched: the server starts again. */
  async restart(): Promise<void> {
    await this.handle.truncate(0);
    this.#hashes = PartFile.#fresh(this.algorithms);
    this.#bytes = 0;
  }

  /** The sums, once; also puts the file on the disk, so that a rename after it survives a power cut. */
  async finish(): Promise<Sums> {
    await this.handle.datasync().catch((cause: unknown) => {
      throw diskError("write", this.path, cause);
    });
    return Object.fromEntries([...this.#hashes].map(([algorithm, hash]) => [algorithm, hash.digest("hex")]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.handle.close();
  }
}
