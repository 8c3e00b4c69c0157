import { createHash } from "node:crypto";
import {
  type DownloadedFile,
  type Downloader,
  type DownloadOptions,
  type DownloadRequest,
  type FileStore,
  jobError,
  rejectOnAbort,
} from "@basalt/core";

const checksums = ["md5", "sha256", "sha512"] as const;

/** Serves what it was given, from memory, and checks checksums as the real one does. */
export class FakeDownloader implements Downloader {
  /** All requests, probes too, in order. */
  readonly requests: (DownloadRequest | Omit<DownloadRequest, "to">)[] = [];
  readonly #served = new Map<string, Uint8Array | Error>();
  readonly #stalls = new Map<string, number>();
  readonly #files: FileStore | undefined;

  /** @param files where downloads are written; nowhere if absent */
  constructor(files?: FileStore) {
    this.#files = files;
  }

  /** Serves an address: content, or the error it fails with. */
  serve(url: string, content: string | Uint8Array | Error): this {
    this.#served.set(url, typeof content === "string" ? new TextEncoder().encode(content) : content);
    return this;
  }

  /** The first `times` downloads of an address never end by themselves; probes are answered. */
  stall(url: string, times = Number.POSITIVE_INFINITY): this {
    this.#stalls.set(url, times);
    return this;
  }

  async probe(request: Omit<DownloadRequest, "to">, { signal }: DownloadOptions): Promise<{ totalBytes: number }> {
    signal.throwIfAborted();
    this.requests.push(request);
    return { totalBytes: this.#get(request.url).byteLength };
  }

  async download(request: DownloadRequest, { signal, onProgress }: DownloadOptions): Promise<DownloadedFile> {
    signal.throwIfAborted();
    this.requests.push(request);
    const data = this.#get(request.url);
    const stalls = this.#stalls.get(request.url) ?? 0;
    this.#stalls.set(request.url, stalls - 1);
    if (stalls > 0) await rejectOnAbort(signal).promise;
    for (const kind of checksums) {
      const wanted = request[`${kind}sum`];
      const got = createHash(kind).update(data).digest("hex");
      if (wanted !== undefined && wanted !== got)
        throw jobError("ERR_DOWNLOAD_CHECKSUM", `${request.url}: ${kind}sum is ${got}, the job says ${wanted}`);
    }
    onProgress?.({ bytes: data.byteLength, totalBytes: data.byteLength, bytesPerSecond: data.byteLength });
    await this.#files?.write(request.to, data);
    const sha256 = createHash("sha256").update(data).digest("hex");
    return { path: request.to, bytes: data.byteLength, sha256, fromCache: false };
  }

  #get(url: string): Uint8Array {
    const served = this.#served.get(url);
    if (served === undefined) throw jobError("ERR_DOWNLOAD_NOT_FOUND", `${url}: 404 Not Found`);
    if (served instanceof Error) throw served;
    return served;
  }
}
