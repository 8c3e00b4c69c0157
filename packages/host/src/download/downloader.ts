import { rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import {
  type Clock,
  type DownloadedFile,
  type Downloader,
  type DownloadOptions,
  type DownloadRequest,
  displayUrl,
  jobError,
  type ProcessRunner,
  systemClock,
  toBasaltError,
} from "@basalt/core";
import { diskError } from "../files/disk-error.js";
import { type CacheEntry, DownloadCache } from "./cache.js";
import { algorithmsOf, checkSums, hashFile, wantedSums } from "./checksums.js";
import { addressAtCache, type HttpCache } from "./http-cache.js";
import { httpFetch, httpProbe, type Validators } from "./http-fetch.js";
import { PartFile, type Sums } from "./part-file.js";
import { placeFile } from "./place-file.js";
import { progressMeter } from "./progress.js";
import type { RetryPlan } from "./retry.js";
import { scpFetch, scpProbe } from "./scp-fetch.js";
import { filePath, parseUrl } from "./url.js";

export interface DownloaderOptions {
  readonly runner: ProcessRunner;
  readonly clock?: Clock;
  /** Shared by all jobs of this machine. */
  readonly cacheFolder?: string;
  readonly cacheLimitBytes?: number;
  readonly retries?: number;
  readonly headRetries?: number;
  readonly backoffMs?: number;
  readonly longestWaitMs?: number;
  /** A connection on which nothing comes for so long is broken. */
  readonly stallMs?: number;
  /** A caching service that is asked in place of the network. */
  readonly httpCache?: HttpCache | undefined;
}

/** `$XDG_CACHE_HOME/basalt`, or `~/.cache/basalt`. */
export const defaultCacheFolder = (): string => join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "basalt");

const defaultCacheLimitBytes = 20 * 1024 ** 3;

type Settings = Required<DownloaderOptions> & { readonly cache: DownloadCache };

interface Task {
  readonly request: DownloadRequest;
  readonly options: DownloadOptions;
  readonly settings: Settings;
  /** What is asked: the request's, or a caching proxy's. */
  readonly url: URL;
}

interface FetchedPart {
  readonly sums: Sums;
  readonly bytes: number;
  readonly validators: Validators;
}

const retryPlan = ({ backoffMs, longestWaitMs }: Settings, retries: number): RetryPlan => ({
  retries,
  backoffMs,
  longestWaitMs,
});

/** Fetches into `part`; undefined where the server says that the copy of `known` is still good. */
async function fetchPart(task: Task, part: string, known?: Validators): Promise<FetchedPart | undefined> {
  const { request, options, settings, url } = task;
  const { clock } = settings;
  const algorithms = algorithmsOf(wantedSums(request));
  if (url.protocol === "scp:") {
    await scpFetch({ url, runner: settings.runner, signal: options.signal }, part);
    const { size } = await stat(part);
    return { sums: await hashFile(part, algorithms, options.signal), bytes: size, validators: {} };
  }
  await using file = await PartFile.open(part, algorithms);
  const fetched = await httpFetch({
    url,
    jobHeaders: request.headers ?? {},
    part: file,
    known,
    clock,
    signal: options.signal,
    retryPlan: retryPlan(settings, settings.retries),
    stallMs: settings.stallMs,
    meter: progressMeter(clock, options.onProgress),
    ...(options.onNote ? { onNote: options.onNote } : {}),
  });
  if (fetched.notModified) return undefined;
  return { sums: await file.finish(), bytes: file.bytes, validators: fetched.validators };
}

function place(task: Task, from: string, mayMove: boolean): Promise<void> {
  const { request, options, settings } = task;
  const { to, url, compression } = request;
  return placeFile({ from, to, url, compression, mayMove, signal: options.signal, clock: settings.clock });
}

async function withoutCache(task: Task): Promise<DownloadedFile> {
  const { request } = task;
  const part = `${request.to}.part`;
  try {
    const fetched = await fetchPart(task, part);
    const { sums = {}, bytes = 0 } = fetched ?? {};
    checkSums(request, sums);
    await place(task, part, true);
    return { path: request.to, bytes, sha256: sums.sha256 ?? "", fromCache: false };
  } finally {
    await rm(part, { force: true });
  }
}

/** A file that is in the cache, checked against sums it was not looked up by. */
async function fromCache(
  task: Task,
  hit: { readonly path: string; readonly bytes: number; readonly sha256: string },
): Promise<DownloadedFile> {
  const { request, options } = task;
  const others = algorithmsOf(wantedSums(request)).filter((name) => name !== "sha256");
  const more = others.length === 0 ? {} : await hashFile(hit.path, others, options.signal);
  checkSums(request, { sha256: hit.sha256, ...more });
  options.onNote?.(`found ${displayUrl(request.url)} in the cache (${hit.bytes} bytes)`);
  await place(task, hit.path, false);
  return { path: request.to, bytes: hit.bytes, sha256: hit.sha256, fromCache: true };
}

async function throughCache(task: Task): Promise<DownloadedFile> {
  const { request, options, settings, url } = task;
  const { cache } = settings;
  const scope = cache.scopeOf(url, request.headers ?? {});
  const wanted = wantedSums(request).sha256;
  const byContent = async (): Promise<DownloadedFile | undefined> => {
    const content = wanted === undefined ? undefined : await cache.findContent(wanted, scope);
    return content && fromCache(task, { ...content, sha256: wanted ?? "" });
  };
  const early = await byContent();
  if (early) return early;
  await using _lock = await cache.lock(url, scope, options);
  const entry = await cache.findUrl(url, scope);
  const late = await byContent();
  if (late) return late;
  const part = await cache.partPath();
  try {
    const fetched = await fetchPart(task, part, entry);
    if (fetched === undefined && entry)
      return await fromCache(task, { ...entry, path: cache.blobPath(entry.sha256, scope) });
    const { sums = {}, bytes = 0, validators = {} } = fetched ?? {};
    checkSums(request, sums);
    const kept: CacheEntry = { sha256: sums.sha256 ?? "", bytes, ...validators };
    await place(task, await cache.keep(part, kept, { url, scope }), false);
    await cache.trim();
    return { path: request.to, bytes, sha256: kept.sha256, fromCache: false };
  } finally {
    await rm(part, { force: true });
  }
}

async function fromFile(task: Task): Promise<DownloadedFile> {
  const { request, options, settings } = task;
  const path = filePath(task.url);
  const bytes = await fileSize(path, request.url);
  const sums = await hashFile(path, algorithmsOf(wantedSums(request)), options.signal);
  checkSums(request, sums);
  await place(task, path, false);
  progressMeter(settings.clock, options.onProgress)({ received: bytes, bytes, totalBytes: bytes, last: true });
  return { path: request.to, bytes, sha256: sums.sha256 ?? "", fromCache: false };
}

async function fileSize(path: string, url: string): Promise<number> {
  const facts = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== "ENOENT" && cause.code !== "ENOTDIR") throw diskError("read", path, cause);
    return undefined;
  });
  if (facts?.isFile()) return facts.size;
  throw jobError(
    "ERR_DOWNLOAD_NOT_FOUND",
    `cannot download ${displayUrl(url)}: there is no ${facts ? "regular file" : "such file"} on this worker; correct the address in the job`,
  );
}

const isHttp = (url: URL): boolean => url.protocol === "http:" || url.protocol === "https:";

/** Works with the address that is to be asked: the lab's cache's, or where that fails or does not apply the request's own. */
async function atAddress<T>(
  { request, options, settings }: Omit<Task, "url" | "request"> & { readonly request: Omit<DownloadRequest, "to"> },
  work: (url: URL) => Promise<T>,
): Promise<T> {
  options.signal.throwIfAborted();
  const url = parseUrl(request.url);
  const { httpCache } = settings;
  const cached =
    httpCache && isHttp(url) && request.useCache !== false ? addressAtCache(httpCache, request.url) : undefined;
  if (cached === undefined) return work(url);
  try {
    return await work(parseUrl(cached));
  } catch (error) {
    if (!httpCache?.fallsBack || options.signal.aborted) throw error;
    options.onNote?.(`the lab's cache failed (${toBasaltError(error).message}): asking ${url.host} itself`);
    return work(url);
  }
}

/** Fetches files over HTTP, from disk and with scp, through a cache of their contents. */
export function downloader(options: DownloaderOptions): Downloader {
  const clock = options.clock ?? systemClock;
  const { cacheFolder = defaultCacheFolder(), cacheLimitBytes = defaultCacheLimitBytes } = options;
  const settings: Settings = {
    retries: 15,
    headRetries: 9,
    backoffMs: 100,
    longestWaitMs: 30_000,
    stallMs: 60_000,
    httpCache: undefined,
    ...options,
    clock,
    cacheFolder,
    cacheLimitBytes,
    cache: new DownloadCache({ folder: join(cacheFolder, "downloads"), limitBytes: cacheLimitBytes, clock }),
  };
  return {
    probe: (request, probeOptions) =>
      atAddress({ request, options: probeOptions, settings }, async (url) => {
        const { signal, onNote } = probeOptions;
        if (url.protocol === "file:") return { totalBytes: await fileSize(filePath(url), request.url) };
        if (url.protocol === "scp:") return scpProbe({ url, runner: settings.runner, signal });
        return httpProbe({
          url,
          jobHeaders: request.headers ?? {},
          clock,
          signal,
          retryPlan: retryPlan(settings, settings.headRetries),
          stallMs: settings.stallMs,
          ...(onNote ? { onNote } : {}),
        });
      }),
    download: (request, downloadOptions) =>
      atAddress({ request, options: downloadOptions, settings }, async (url) => {
        const task: Task = { request, options: downloadOptions, settings, url };
        if (url.protocol === "file:") return fromFile(task);
        try {
          return await (request.useCache === false ? withoutCache(task) : throughCache(task));
        } catch (error) {
          downloadOptions.signal.throwIfAborted();
          // what is left without a kind is the disk's
          throw diskError("keep a download in", request.useCache === false ? request.to : cacheFolder, error);
        }
      }),
  };
}
