import type { IncomingMessage } from "node:http";
import { PassThrough } from "node:stream";
import type { Clock } from "@basalt/core";
import { displayUrl } from "@basalt/core";
import { type Headers, httpRequest, transientError } from "./http-request.js";
import { statusError } from "./http-status.js";
import type { PartFile } from "./part-file.js";
import type { ProgressMeter } from "./progress.js";
import { type RetryPlan, retry } from "./retry.js";

/** What a server says of a file's version. */
export interface Validators {
  readonly etag?: string | undefined;
  readonly lastModified?: string | undefined;
}

export interface HttpFetch {
  readonly url: URL;
  readonly jobHeaders: Headers;
  readonly part: PartFile;
  /** Of a copy that we have: the server may answer that it is still good. */
  readonly known?: Validators | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly retryPlan: RetryPlan;
  readonly stallMs: number;
  readonly meter: ProgressMeter;
  onNote?(text: string): void;
}

export type Fetched = { readonly notModified: true } | { readonly notModified: false; readonly validators: Validators };

/** What is known of the file while its pieces come in. */
interface Transfer {
  validators: Validators;
  totalBytes: number | undefined;
}

/** A weak ETag promises the same meaning, not the same bytes: no good for putting pieces together. */
const rangeValidator = ({ etag, lastModified }: Validators): string | undefined =>
  etag !== undefined && !etag.startsWith("W/") ? etag : lastModified;

function requestHeaders({ part, known }: HttpFetch, transfer: Transfer): Headers {
  if (part.bytes === 0) {
    return {
      ...(known?.etag === undefined ? {} : { "if-none-match": known.etag }),
      ...(known?.lastModified === undefined ? {} : { "if-modified-since": known.lastModified }),
    };
  }
  const condition = rangeValidator(transfer.validators);
  return { range: `bytes=${part.bytes}-`, ...(condition === undefined ? {} : { "if-range": condition }) };
}

const numberOrNone = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;

/** Whether a partial answer is the piece we asked for, of the same file. */
function continues(response: IncomingMessage, at: number, totalBytes: number | undefined): boolean {
  const [, from, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers["content-range"] ?? "") ?? [];
  return Number(from) === at && (totalBytes === undefined || total === "*" || Number(total) === totalBytes);
}

/** Bytes taken off the connection before they are on the disk. */
const readAheadBytes = 1 << 20;

interface Body {
  readonly chunks: PassThrough;
  /** What broke it off; undefined where it ended well. */
  broken(): Error | undefined;
}

/**
 * The body, and what broke it off. A response that breaks drops what it has buffered; taken from it at once, what did arrive is kept and
 * need not be fetched again.
 */
function bodyOf(response: IncomingMessage): Body {
  const chunks = new PassThrough({ highWaterMark: readAheadBytes });
  let failure: Error | undefined;
  response.on("data", (chunk: Buffer) => {
    if (!chunks.write(chunk)) response.pause();
  });
  chunks.on("drain", () => response.resume());
  response.on("error", (error) => {
    failure = error;
  });
  response.on("close", () => chunks.end());
  // the file could not be written, or the answer was not what we asked for
  chunks.on("close", () => response.destroy());
  return { chunks, broken: () => failure };
}

async function receive(fetch: HttpFetch, transfer: Transfer, { chunks, broken }: Body): Promise<void> {
  const { part, signal, meter, url } = fetch;
  try {
    for await (const chunk of chunks) {
      signal.throwIfAborted();
      const bytes = chunk as Buffer;
      await part.append(bytes);
      meter({ received: bytes.length, bytes: part.bytes, totalBytes: transfer.totalBytes });
    }
  } finally {
    chunks.destroy();
  }
  signal.throwIfAborted();
  const failure = broken();
  if (failure || (transfer.totalBytes !== undefined && part.bytes !== transfer.totalBytes))
    throw brokenTransfer(url, part.bytes, transfer.totalBytes, failure);
}

function brokenTransfer(url: URL, bytes: number, totalBytes: number | undefined, cause?: unknown) {
  const reason = cause instanceof Error && cause.message !== "aborted" ? `: ${cause.message}` : "";
  // the server promised a size that it does not keep: when it happens every time, that is the failure
  const code = totalBytes === undefined ? "ERR_DOWNLOAD_FAILED" : "ERR_DOWNLOAD_SIZE";
  return transientError(
    `the transfer of ${displayUrl(url.href)} broke after ${bytes} of ${totalBytes ?? "an unknown number of"} bytes${reason}`,
    { code, ...(cause === undefined ? {} : { cause }) },
  );
}

async function transferOnce(fetch: HttpFetch, transfer: Transfer): Promise<Fetched> {
  const { part, clock } = fetch;
  // pieces of a file that nobody can tell the version of are not put together
  if (part.bytes > 0 && rangeValidator(transfer.validators) === undefined) await part.restart();
  const at = part.bytes;
  const { response, url } = await httpRequest({ ...fetch, method: "GET", headers: requestHeaders(fetch, transfer) });
  // in the same turn as the response came: a break that nobody listens to would never be heard of
  const body = bodyOf(response);
  const status = response.statusCode ?? 0;
  if (status === 304 && at === 0 && fetch.known) {
    body.chunks.destroy();
    return { notModified: true };
  }
  if (status === 206 && at > 0 && continues(response, at, transfer.totalBytes)) {
    fetch.onNote?.(`resuming ${displayUrl(url.href)} at byte ${at}`);
  } else if (status === 200) {
    if (at > 0) fetch.onNote?.(`${url.host} does not resume: starting ${displayUrl(url.href)} again`);
    await part.restart();
    const { etag, "last-modified": lastModified, "content-length": length } = response.headers;
    transfer.validators = { etag, lastModified };
    transfer.totalBytes = numberOrNone(length);
  } else {
    body.chunks.destroy();
    if (at === 0 || (status !== 206 && status !== 416)) throw statusError(url, response, clock.now());
    await part.restart();
    throw transientError(`${displayUrl(url.href)} changed while it was fetched (${status} at byte ${at})`);
  }
  await receive(fetch, transfer, body);
  return { notModified: false, validators: transfer.validators };
}

/** Fetches a file over HTTP: a transfer that breaks is taken up where it broke when the server can, and from the start when not. */
export async function httpFetch(fetch: HttpFetch): Promise<Fetched> {
  const transfer: Transfer = { validators: {}, totalBytes: undefined };
  const { clock, signal, retryPlan, onNote } = fetch;
  const fetched = await retry(() => transferOnce(fetch, transfer), {
    ...retryPlan,
    clock,
    signal,
    ...(onNote ? { onNote } : {}),
    progress: () => fetch.part.bytes,
  });
  fetch.meter({ received: 0, bytes: fetch.part.bytes, totalBytes: transfer.totalBytes, last: true });
  return fetched;
}

/** Asks with HEAD whether a file is there, and with a GET that is broken off where a server does not take HEAD. Gives its size. */
export async function httpProbe(
  probe: Omit<HttpFetch, "part" | "meter" | "known">,
): Promise<{ readonly totalBytes?: number }> {
  const ask = async (method: "HEAD" | "GET"): Promise<IncomingMessage> => {
    const { response, url } = await httpRequest({ ...probe, method, headers: {} });
    response.on("error", () => {});
    response.destroy();
    if (response.statusCode === 200) return response;
    throw statusError(url, response, probe.clock.now());
  };
  const { clock, signal, retryPlan, onNote } = probe;
  const options = { ...retryPlan, clock, signal, ...(onNote ? { onNote } : {}) };
  // many servers refuse HEAD in many ways (405, 403, 501, 404): only GET's answer is believed. 5xx and silence are tried again there.
  const head = await ask("HEAD").catch(() => undefined);
  signal.throwIfAborted();
  const response = head ?? (await retry(() => ask("GET"), options));
  const totalBytes = numberOrNone(response.headers["content-length"]);
  return totalBytes === undefined ? {} : { totalBytes };
}
