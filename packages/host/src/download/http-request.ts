import { type Agent, type IncomingMessage, request as plainRequest } from "node:http";
import { request as tlsRequest } from "node:https";
import { type BasaltError, displayUrl, infrastructureError, jobError } from "@basalt/core";
import { getProxyForUrl } from "proxy-from-env";

export type Headers = Readonly<Record<string, string>>;

export interface HttpRequest {
  readonly method: "GET" | "HEAD";
  readonly url: URL;
  /** The job's own headers: they may be credentials, so they stay with the origin they were written for. */
  readonly jobHeaders: Headers;
  /** Ours: ranges and conditions. */
  readonly headers: Headers;
  readonly signal: AbortSignal;
  /** Longest silence on the connection. */
  readonly stallMs: number;
  onNote?(text: string): void;
}

/** As Python's requests, which LAVA uses. */
const mostRedirects = 30;
const redirects: readonly number[] = [301, 302, 303, 307, 308];

/** A failure that another try may cure. */
export const transientError = (
  message: string,
  options: { cause?: unknown; retryAfterMs?: number; code?: string } = {},
) =>
  infrastructureError(options.code ?? "ERR_DOWNLOAD_FAILED", message, {
    ...(options.cause === undefined ? {} : { cause: options.cause }),
    details: { transient: true, ...(options.retryAfterMs === undefined ? {} : { retryAfterMs: options.retryAfterMs }) },
  });

/** The proxy that the environment names for an address. Loaded when there is one: most labs have none, and a start should be quick. */
async function agentFor(url: URL): Promise<Agent | false> {
  const proxy = getProxyForUrl(url.href);
  if (proxy === "") return false;
  if (url.protocol === "http:") return new (await import("http-proxy-agent")).HttpProxyAgent(proxy);
  return new (await import("https-proxy-agent")).HttpsProxyAgent(proxy);
}

/** Wrong names and certificates do not cure themselves. */
const isCertificateTrouble = (code: string): boolean => /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS_/.test(code);

function connectionError(url: URL, cause: NodeJS.ErrnoException): BasaltError {
  const message = `cannot download ${displayUrl(url.href)}: ${cause.message || cause.code}`;
  if (isCertificateTrouble(cause.code ?? ""))
    return infrastructureError(
      "ERR_DOWNLOAD_FAILED",
      `${message}; the server's certificate is not trusted by this worker: set NODE_EXTRA_CA_CERTS to the file of your authority`,
      { cause },
    );
  return transientError(message, { cause });
}

/** One request, without redirects; resolves with the response's head. */
async function requestOnce(
  url: URL,
  { method, signal, stallMs }: HttpRequest,
  headers: Headers,
): Promise<IncomingMessage> {
  const agent = await agentFor(url);
  const start = url.protocol === "https:" ? tlsRequest : plainRequest;
  return new Promise((resolve, reject) => {
    const request = start(url, {
      method,
      signal,
      agent,
      // the file as it is stored: sums and ranges mean that one
      headers: { "user-agent": "basalt", accept: "*/*", "accept-encoding": "identity", ...headers },
    });
    request.setTimeout(stallMs, () =>
      request.destroy(new Error(`nothing came from the server for ${Math.round(stallMs / 1000)} seconds`)),
    );
    request.once("response", resolve);
    request.on("error", (error) => reject(signal.aborted ? signal.reason : connectionError(url, error)));
    request.end();
  });
}

const sameOrigin = (from: URL, to: URL): boolean =>
  from.origin === to.origin ||
  (from.hostname === to.hostname &&
    from.protocol === "http:" &&
    to.protocol === "https:" &&
    from.port === "" &&
    to.port === "");

/** The address a response sends us on to; undefined where it does not. */
function nextUrl(url: URL, response: IncomingMessage): URL | undefined {
  const { location } = response.headers;
  if (!redirects.includes(response.statusCode ?? 0) || location === undefined) return undefined;
  const next = URL.canParse(location, url.href) ? new URL(location, url) : undefined;
  if (next && (next.protocol === "http:" || next.protocol === "https:")) return next;
  throw jobError(
    "ERR_DOWNLOAD_REDIRECT",
    `cannot download ${displayUrl(url.href)}: the server redirects to "${displayUrl(location)}", which is no http address`,
  );
}

/** Follows redirects; the job's headers are left behind when another server takes over. Resolves with the last response and its address. */
export async function httpRequest(
  request: HttpRequest,
): Promise<{ readonly response: IncomingMessage; readonly url: URL }> {
  let { url } = request;
  let jobHeaders = request.jobHeaders;
  for (let hops = 0; hops <= mostRedirects; hops++) {
    const response = await requestOnce(url, request, { ...jobHeaders, ...request.headers });
    const next = nextUrl(url, response);
    if (!next) return { response, url };
    response.resume();
    const stays = sameOrigin(url, next);
    if (!stays && (Object.keys(jobHeaders).length > 0 || url.username !== ""))
      request.onNote?.(`the headers of the job are not sent on to ${next.host}`);
    if (!stays) jobHeaders = {};
    // a user name in the address goes on only within the same server
    if (stays && next.username === "") [next.username, next.password] = [url.username, url.password];
    request.onNote?.(`redirected (${response.statusCode}) to ${displayUrl(next.href)}`);
    url = next;
  }
  throw jobError(
    "ERR_DOWNLOAD_REDIRECT",
    `cannot download ${displayUrl(request.url.href)}: more than ${mostRedirects} redirects; the last one was to ${displayUrl(url.href)}`,
  );
}
