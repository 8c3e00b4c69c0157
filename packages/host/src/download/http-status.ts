import type { IncomingMessage } from "node:http";
import { type BasaltError, displayUrl, jobError } from "@basalt/core";
import { transientError } from "./http-request.js";

const longestRetryAfterMs = 120_000;

/** `Retry-After`: seconds or a date. */
function retryAfterMs(response: IncomingMessage, nowMs: number): number {
  const value = response.headers["retry-after"];
  if (value === undefined) return 0;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - nowMs;
  return Number.isFinite(ms) ? Math.min(Math.max(0, ms), longestRetryAfterMs) : 0;
}

const hints: Readonly<Record<number, string>> = {
  401: "; the server wants credentials: give them in the job's `headers`",
  403: "; the server refuses: check the address and the job's `headers`",
  407: "; the proxy wants credentials: put them into http_proxy",
};

/** The error of a status that is not a success: 404 and 410 and other refusals blame the job, 408, 429 and 5xx may pass. */
export function statusError(url: URL, response: IncomingMessage, nowMs: number): BasaltError {
  const status = response.statusCode ?? 0;
  const message =
    `cannot download ${displayUrl(url.href)}: the server answered ${status} ${response.statusMessage ?? ""}`.trimEnd();
  const details = { status, url: displayUrl(url.href) };
  if (status === 404 || status === 410)
    return jobError("ERR_DOWNLOAD_NOT_FOUND", `${message}; correct the address in the job`, { details });
  if (status === 408 || status === 429 || status >= 500)
    return transientError(message, { retryAfterMs: retryAfterMs(response, nowMs) });
  return jobError("ERR_DOWNLOAD_REFUSED", `${message}${hints[status] ?? ""}`, { details });
}
