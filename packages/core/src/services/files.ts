import { token } from "../token.js";

/** Kinds of archive and compression that LAVA jobs name. */
export type Compression = "gz" | "xz" | "bz2" | "zstd" | "zip";

/**
 * The job's own folder on the worker and the files in it. Paths are absolute and POSIX. Everything in it goes when the job ends.
 * Reading and writing outside the folder is allowed: templates and jobs name such files.
 */
export interface FileStore {
  /** The job's folder. */
  readonly root: string;
  /** Makes a new folder in the job's folder, named `<name>-XXXXXX` (mode 755). */
  makeFolder(name: string): Promise<string>;
  /** Writes a file, making its folders; `mode` as for chmod, 0o644 if absent. */
  write(path: string, data: string | Uint8Array, mode?: number): Promise<void>;
  /** Reads a whole file as text. Throws ERR_FILE_UNREADABLE (infrastructure) naming path and cause. */
  readText(path: string): Promise<string>;
  /** A file's content, read when it is asked for: to upload a file of any size. */
  blob(path: string): Promise<Blob>;
  exists(path: string): Promise<boolean>;
  /** Size in bytes. */
  size(path: string): Promise<number>;
  /** Copies a file (a reflink where the disk can), making the target's folders. */
  copy(from: string, to: string): Promise<void>;
  /** Copies a whole folder, links and modes kept. */
  copyTree(from: string, to: string): Promise<void>;
  /** Names in a folder, sorted; empty where there is no such folder. */
  list(folder: string): Promise<readonly string[]>;
  makeLink(target: string, path: string): Promise<void>;
  /** Removes a file or folder; nothing happens where there is none. */
  remove(path: string): Promise<void>;
}
export const FileStoreToken = token<FileStore>("FileStore");

/** Packs and unpacks archives with well-kept tools; throws ERR_TOOL_MISSING (infrastructure), naming the Debian package, where one is missing. */
export interface Archiver {
  /** Packs a folder's content, owners root, names relative to it. */
  packTar(
    folder: string,
    file: string,
    options: { readonly compression?: Compression; readonly signal: AbortSignal },
  ): Promise<void>;
  unpackTar(
    file: string,
    folder: string,
    options: { readonly compression?: Compression; readonly stripComponents?: number; readonly signal: AbortSignal },
  ): Promise<void>;
  /** Packs a folder's content as cpio (newc), owners root: an initramfs. */
  packCpio(
    folder: string,
    file: string,
    options: { readonly compression?: Compression; readonly signal: AbortSignal },
  ): Promise<void>;
  unpackCpio(
    file: string,
    folder: string,
    options: { readonly compression?: Compression; readonly signal: AbortSignal },
  ): Promise<void>;
  decompress(
    file: string,
    to: string,
    options: { readonly compression: Compression; readonly signal: AbortSignal },
  ): Promise<void>;
  compress(
    file: string,
    to: string,
    options: { readonly compression: Compression; readonly signal: AbortSignal },
  ): Promise<void>;
}
export const ArchiverToken = token<Archiver>("Archiver");
