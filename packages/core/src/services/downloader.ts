import { token } from "../token.js";
import type { Compression } from "./files.js";

/** What to fetch and how to check it. */
export interface DownloadRequest {
  /** http, https, file or scp. */
  readonly url: string;
  /** Absolute path of the file to write. */
  readonly to: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Decompressed on the way, `zip` excepted; the checksums are of the file as served. */
  readonly compression?: Compression;
  readonly md5sum?: string;
  readonly sha256sum?: string;
  readonly sha512sum?: string;
  /** False: neither read from the cache nor kept in it. */
  readonly useCache?: boolean;
}

/** How far a download is. */
export interface DownloadProgress {
  readonly bytes: number;
  /** Absent where the server does not say. */
  readonly totalBytes?: number;
  readonly bytesPerSecond: number;
}

export interface DownloadOptions {
  readonly signal: AbortSignal;
  onProgress?(progress: DownloadProgress): void;
  /** Called for what a user should see: a redirect, a transfer that broke and resumes, a hit in the cache. */
  onNote?(text: string): void;
}

/** A finished download. */
export interface DownloadedFile {
  readonly path: string;
  /** Bytes as served, before decompression. */
  readonly bytes: number;
  readonly sha256: string;
  readonly fromCache: boolean;
}

/**
 * Fetches files, through a cache that all jobs of this machine share.
 * Errors: ERR_DOWNLOAD_URL, ERR_DOWNLOAD_NOT_FOUND, ERR_DOWNLOAD_REFUSED, ERR_DOWNLOAD_REDIRECT, ERR_DOWNLOAD_CHECKSUM,
 * ERR_DOWNLOAD_DECOMPRESS (kind job); ERR_DOWNLOAD_FAILED, ERR_DOWNLOAD_SIZE, ERR_DISK_FULL, ERR_TOOL_MISSING (infrastructure).
 */
export interface Downloader {
  /** Asks whether the address answers (HEAD, then GET), without fetching; gives the size where the server tells. */
  probe(request: Omit<DownloadRequest, "to">, options: DownloadOptions): Promise<{ readonly totalBytes?: number }>;
  download(request: DownloadRequest, options: DownloadOptions): Promise<DownloadedFile>;
}
export const DownloaderToken = token<Downloader>("Downloader");
