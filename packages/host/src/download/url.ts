import { displayUrl, jobError } from "@basalt/core";

const schemes = ["http:", "https:", "file:", "scp:"];

/** Reads an address; throws ERR_DOWNLOAD_URL (job) where it is none that we can fetch. */
export function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && schemes.includes(url.protocol)) return url;
  throw jobError(
    "ERR_DOWNLOAD_URL",
    `cannot download "${displayUrl(text)}": expected an address that begins with http://, https://, file:// or scp://`,
  );
}

/** The path of a `file://` address on this machine. */
export function filePath(url: URL): string {
  if (url.host !== "" && url.host !== "localhost")
    throw jobError(
      "ERR_DOWNLOAD_URL",
      `cannot download "${url.href}": a file address names a path of this worker; write file:///${url.host}${url.pathname}?`,
    );
  return decodeURIComponent(url.pathname);
}
