import { createHash, randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { asText, type Clock, type DownloadOptions, isJsonObject } from "@basalt/core";
import type { Validators } from "./http-fetch.js";
import type { Headers } from "./http-request.js";
import { takeLock } from "./lock.js";

export interface CacheEntry extends Validators {
  readonly sha256: string;
  readonly bytes: number;
}

export interface DownloadCacheOptions {
  readonly folder: string;
  /** Bytes kept at most; what was used longest ago goes first. */
  readonly limitBytes: number;
  readonly clock: Clock;
}

const digest = (text: string): string => createHash("sha256").update(text).digest("hex");

/** Parts that a killed process left behind are removed after this. */
const stalePartMs = 24 * 3600 * 1000;

/**
 * Files that jobs fetched, by their content (`blobs/`), and what addresses gave which (`urls/`). Several processes share it without
 * agreeing on anything: each file is made aside and renamed into place, and one that vanishes is a miss.
 */
export class DownloadCache {
  constructor(private readonly options: DownloadCacheOptions) {}

  #path(kind: "blobs" | "urls" | "locks" | "parts", name: string): string {
    return join(this.options.folder, "v1", kind, name);
  }

  /**
   * Who may see a file: what was fetched with headers of a job or a user name in the address is kept for those who know the same.
   * Empty for everybody.
   */
  scopeOf(url: URL, headers: Headers): string {
    const secrets = [url.username, url.password, ...Object.entries(headers).flat()];
    return secrets.every((secret) => secret === "") ? "" : digest(JSON.stringify(secrets)).slice(0, 32);
  }

  blobPath(sha256: string, scope: string): string {
    return this.#path("blobs", scope === "" ? sha256 : `${scope}-${sha256}`);
  }

  /** A path to fetch into, on the cache's disk. */
  async partPath(): Promise<string> {
    const path = this.#path("parts", randomUUID());
    await mkdir(join(path, ".."), { recursive: true });
    return path;
  }

  /** Whether a file of this content is here; marks it as used. Gives its size. */
  async findContent(
    sha256: string,
    scope: string,
  ): Promise<{ readonly path: string; readonly bytes: number } | undefined> {
    if (!/^[0-9a-f]{64}$/.test(sha256)) return undefined;
    const path = this.blobPath(sha256, scope);
    try {
      const { size } = await stat(path);
      const now = this.options.clock.now() / 1000;
      await utimes(path, now, now);
      return { path, bytes: size };
    } catch {
      return undefined;
    }
  }

  /** What an address gave last time, if its content is still here. */
  async findUrl(url: URL, scope: string): Promise<CacheEntry | undefined> {
    try {
      const entry: unknown = JSON.parse(await readFile(this.#path("urls", this.#key(url, scope)), "utf8"));
      if (!isJsonObject(entry) || typeof entry.sha256 !== "string") return undefined;
      const { sha256 } = entry;
      const content = await this.findContent(sha256, scope);
      if (content === undefined || content.bytes !== entry.bytes) return undefined;
      return { sha256, bytes: content.bytes, etag: asText(entry.etag), lastModified: asText(entry.lastModified) };
    } catch {
      return undefined;
    }
  }

  /** Takes a fetched part over. */
  async keep(
    part: string,
    entry: CacheEntry,
    { url, scope }: { readonly url: URL; readonly scope: string },
  ): Promise<string> {
    const blob = this.blobPath(entry.sha256, scope);
    const record = this.#path("urls", this.#key(url, scope));
    for (const path of [blob, record]) await mkdir(join(path, ".."), { recursive: true });
    await rename(part, blob);
    // without a validator nobody can ask whether the copy is still good: then only its sum leads to it
    if (entry.etag === undefined && entry.lastModified === undefined) return blob;
    const draft = await this.partPath();
    await writeFile(draft, JSON.stringify(entry));
    await rename(draft, record);
    return blob;
  }

  lock(url: URL, scope: string, options: Pick<DownloadOptions, "signal" | "onNote">): Promise<AsyncDisposable> {
    return takeLock(this.#path("locks", this.#key(url, scope)), {
      clock: this.options.clock,
      signal: options.signal,
      onWait: () => options.onNote?.("another job is fetching this file: waiting for it"),
    });
  }

  /** Removes what was used longest ago until the rest is within the limit, and parts that nobody fetches any more. */
  async trim(): Promise<void> {
    const blobs = await this.#list("blobs");
    let total = blobs.reduce((sum, { bytes }) => sum + bytes, 0);
    for (const { path, bytes } of blobs.toSorted((a, b) => a.usedAt - b.usedAt)) {
      if (total <= this.options.limitBytes) break;
      await rm(path, { force: true });
      total -= bytes;
    }
    const oldest = this.options.clock.now() - stalePartMs;
    for (const { path, usedAt } of await this.#list("parts")) if (usedAt < oldest) await rm(path, { force: true });
  }

  #key(url: URL, scope: string): string {
    return digest(`${scope} ${url.href.replace(/#.*$/, "")}`);
  }

  async #list(kind: "blobs" | "parts") {
    const folder = this.#path(kind, "");
    const names = await readdir(folder).catch(() => []);
    const files = names.map(async (name) => {
      const path = join(folder, name);
      const facts = await stat(path).catch(() => undefined);
      return facts && { path, bytes: facts.size, usedAt: facts.mtimeMs };
    });
    return (await Promise.all(files)).filter((file) => file !== undefined);
  }
}
