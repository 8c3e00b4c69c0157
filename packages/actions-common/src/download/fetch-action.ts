import { posix } from "node:path";
import {
  type ActionContext,
  type AnyAction,
  DownloaderToken,
  type DownloadOptions,
  type DownloadProgress,
  defineAction,
  displayUrl,
  type FileStore,
  FileStoreToken,
  jobError,
  type Slot,
} from "@basalt/core";
import { downloadedSlot } from "../slots.js";
import {
  type DownloadSpec,
  decompressedOnTheWay,
  downloadActionName,
  fileName,
  shownUrl,
  substituteStaticInfo,
} from "./download-spec.js";

/** Where a download goes. */
export interface DownloadTarget {
  /** Folder below the job's folder; each key gets a folder of its own in it. */
  readonly folder: string;
  /** A slot that holds the base folder, where it is not the job's: a TFTP root. */
  readonly base?: Slot<string>;
  /** All files lie in the folder itself, whatever their keys. */
  readonly flat?: boolean;
}

const placeOf = (base: string, spec: DownloadSpec, { folder, flat = false }: DownloadTarget, name: string): string =>
  posix.join(base, folder, ...(flat ? [] : [spec.key]), name);

const mebibyte = 1024 * 1024;

/** Logs every tenth of a download and tells the journal of all. */
function progressLog(ctx: ActionContext, what: string): (progress: DownloadProgress) => void {
  let nextTenth = 1;
  return ({ bytes, totalBytes, bytesPerSecond }) => {
    ctx.progress(what, bytes, totalBytes, "bytes");
    if (totalBytes === undefined || totalBytes === 0 || bytes < (totalBytes * nextTenth) / 10) return;
    const percent = Math.floor((bytes / totalBytes) * 100);
    nextTenth = Math.floor((bytes / totalBytes) * 10) + 1;
    ctx.log.debug(
      `progress ${String(percent).padStart(3)} % (${Math.floor(bytes / mebibyte)} MB, ${(bytesPerSecond / mebibyte).toFixed(1)} MB/s)`,
    );
  };
}

const optionsFor = (ctx: ActionContext, what: string): DownloadOptions => ({
  signal: ctx.signal,
  onProgress: progressLog(ctx, what),
  onNote: (text) => ctx.log.info(text),
});

const request = (spec: DownloadSpec, ctx: ActionContext) => {
  const compression = decompressedOnTheWay(spec);
  const { headers, md5sum, sha256sum, sha512sum, useCache } = spec;
  return {
    url: substituteStaticInfo(spec.url, ctx.job.device),
    headers,
    useCache,
    ...(compression === undefined ? {} : { compression }),
    ...(md5sum === undefined ? {} : { md5sum }),
    ...(sha256sum === undefined ? {} : { sha256sum }),
    ...(sha512sum === undefined ? {} : { sha512sum }),
  };
};

/** Folder in the job's folder where `to: downloads` keeps a namespace's files, and `downloads://` finds them. */
export const downloadsFolder = (files: FileStore, namespace: string): string =>
  posix.join(files.root, "downloads", namespace);

const preDownloaded = (spec: DownloadSpec, target: DownloadTarget): AnyAction =>
  defineAction({
    name: "pre-downloaded",
    summary: `take ${spec.key} from what an earlier block downloaded`,
    reads: target.base === undefined ? {} : { base: target.base },
    needs: { files: FileStoreToken },
    writes: { file: downloadedSlot(spec.key) },
    blameOnTimeout: "infrastructure",
    url: shownUrl(spec.url),
    async run({ files, ...slots }, ctx) {
      const wanted = spec.url.replace(/^downloads:\/\//, "");
      const namespace =
        typeof ctx.parameters["downloads-namespace"] === "string"
          ? ctx.parameters["downloads-namespace"]
          : ctx.namespace;
      const from = posix.join(downloadsFolder(files, namespace), posix.normalize(`/${wanted}`));
      if (!(await files.exists(from)))
        throw jobError(
          "ERR_DOWNLOAD_NOT_FOUND",
          `${spec.url}: namespace '${namespace}' has downloaded no such file: does an earlier 'to: downloads' fetch it?`,
        );
      const path = placeOf((slots as { base?: string }).base ?? files.root, spec, target, posix.basename(from));
      await files.copy(from, path);
      return {
        file: {
          path,
          url: spec.url,
          sha256: "",
          ...(spec.compression === undefined ? {} : { compression: spec.compression }),
        },
      };
    },
  });

/** The action that fetches one file: `http-download`, `file-download`... Its name says how, its `url` what. */
export function fetchAction(spec: DownloadSpec, target: DownloadTarget): AnyAction {
  const name = downloadActionName(spec.url);
  if (name === "pre-downloaded") return preDownloaded(spec, target);
  return defineAction({
    name,
    summary: `download ${spec.key}`,
    reads: target.base === undefined ? {} : { base: target.base },
    needs: { downloader: DownloaderToken, files: FileStoreToken },
    writes: { file: downloadedSlot(spec.key) },
    blameOnTimeout: "infrastructure",
    url: shownUrl(spec.url),
    async validate({ downloader }, ctx) {
      await downloader.probe(request(spec, ctx), optionsFor(ctx, spec.key));
    },
    async run({ downloader, files, ...slots }, ctx) {
      const base = (slots as { base?: string }).base ?? files.root;
      const path = placeOf(base, spec, target, fileName(spec));
      const wanted = request(spec, ctx);
      ctx.log.info(`downloading ${displayUrl(wanted.url)}`);
      const startedAt = ctx.clock.monotonic();
      const file = await downloader.download({ ...wanted, to: path }, optionsFor(ctx, spec.key));
      const seconds = (ctx.clock.monotonic() - startedAt) / 1000;
      const how = file.fromCache ? "from the cache" : `in ${seconds.toFixed(1)} s`;
      ctx.log.info(`${spec.key}: ${file.bytes} bytes ${how}, sha256 ${file.sha256}`);
      ctx.addExtra("url", displayUrl(wanted.url));
      ctx.addExtra("size", file.bytes);
      ctx.addExtra("sha256sum", file.sha256);
      const kept = wanted.compression === undefined ? spec.compression : undefined;
      return {
        file: { path, url: wanted.url, sha256: file.sha256, ...(kept === undefined ? {} : { compression: kept }) },
      };
    },
  });
}
