import { posix } from "node:path";
import {
  asList,
  asObject,
  asText,
  type Compression,
  type Device,
  dig,
  displayUrl,
  type Json,
  type JsonObject,
} from "@basalt/core";

/** What a job says of one file to fetch: the URL dict of lava-dispatcher.md 1.4, read. */
export interface DownloadSpec {
  /** `kernel`, `ramdisk`, an image's name... */
  readonly key: string;
  /** As written: `{key}` of the device's `static_info` is put in when the download runs. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly compression?: string;
  readonly archive?: string;
  readonly md5sum?: string;
  readonly sha256sum?: string;
  readonly sha512sum?: string;
  readonly useCache: boolean;
  /** Keys beside the common ones: `image_arg`, `type`, `format`... */
  readonly options: JsonObject;
}

/** Compressions that are undone while downloading; zip and archives are left as they come. */
const inFlight: ReadonlySet<string> = new Set(["gz", "xz", "bz2", "zstd"]);

/** Reads an URL dict. The schema has accepted it. */
export function readDownload(key: string, value: Json | undefined): DownloadSpec {
  const options = asObject(value);
  const text = (name: string): Record<string, string> => {
    const found = asText(options[name]);
    return found === undefined ? {} : { [name]: found };
  };
  return {
    key,
    url: asText(options.url) ?? "",
    headers: Object.fromEntries(
      Object.entries(asObject(options.headers)).map(([name, header]) => [name, asText(header) ?? ""]),
    ),
    ...text("compression"),
    ...text("archive"),
    ...text("md5sum"),
    ...text("sha256sum"),
    ...text("sha512sum"),
    useCache: options.use_cache !== false,
    options,
  };
}

/** The compression to undo on the way; a ramdisk stays as it is, its own action knows what to do. */
export const decompressedOnTheWay = ({ key, compression }: DownloadSpec): Compression | undefined =>
  key !== "ramdisk" && compression !== undefined && inFlight.has(compression)
    ? (compression as Compression)
    : undefined;

const pathOfUrl = (url: string): string => {
  const withoutQuery = url.replace(/[?#].*$/s, "");
  return withoutQuery.replace(/^[a-z][a-z0-9+.-]*:\/*/i, "");
};

/** The local file's name: the URL's last part, without its last extension when it is decompressed on the way. */
export function fileName(spec: DownloadSpec): string {
  const base = posix.basename(pathOfUrl(spec.url)) || spec.key;
  if (decompressedOnTheWay(spec) === undefined) return base;
  const extension = posix.extname(base);
  return extension === "" ? base : base.slice(0, -extension.length);
}

/** Puts values of the device's `static_info` into an URL: `{board_id}` and the like. Others stay as they are. */
export function substituteStaticInfo(url: string, device: Device): string {
  const values = new Map(
    asList(dig(device.dictionary, "static_info")).flatMap((entry) => Object.entries(asObject(entry))),
  );
  return url.replace(/\{(\w+)\}/g, (whole, name: string) => asText(values.get(name)) ?? whole);
}

/** Name of the action that fetches an URL, by its scheme. */
export function downloadActionName(url: string): string {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase();
  const names: Readonly<Record<string, string>> = {
    http: "http-download",
    https: "http-download",
    file: "file-download",
    scp: "scp-download",
    rclone: "rclone-download",
    downloads: "pre-downloaded",
  };
  return (scheme !== undefined && Object.hasOwn(names, scheme) ? names[scheme] : undefined) ?? "http-download";
}

/** Schemes whose addresses have `//` even without a host, as Python's urllib.parse knows them. */
const withHost: ReadonlySet<string> = new Set(["http", "https", "file", "ftp", "sftp", "rsync", "nfs", "git"]);

/** An address as plans show it: without its password, and as Python's `urlparse(url).geturl()` writes it, `downloads:///x` as `downloads:/x`. */
export function shownUrl(url: string): string {
  const [, scheme = "", rest = ""] = /^([a-z][a-z0-9+.-]*):(.*)$/is.exec(url) ?? [];
  if (scheme === "") return url;
  const bare = !withHost.has(scheme.toLowerCase()) && rest.startsWith("///") ? rest.slice(2) : rest;
  return displayUrl(`${scheme.toLowerCase()}:${bare}`)
    .replace(/^([^#]*)#$/, "$1")
    .replace(/^([^?#]*)\?(?=#|$)/, "$1");
}
