import { displayUrl, infrastructureError, jobError, type ProcessRunner } from "@basalt/core";
import { toolMissing } from "../files/run-tool.js";

export interface ScpFetch {
  readonly url: URL;
  readonly runner: ProcessRunner;
  readonly signal: AbortSignal;
}

/** Nobody is there to type a password or to say yes to a host key. */
const options = ["-o", "BatchMode=yes", "-o", "ConnectTimeout=30"];

function target(url: URL): { readonly host: string; readonly path: string } {
  const path = decodeURIComponent(url.pathname);
  const host = url.username === "" ? url.hostname : `${decodeURIComponent(url.username)}@${url.hostname}`;
  if (url.hostname === "" || path === "" || path === "/" || host.startsWith("-"))
    throw jobError(
      "ERR_DOWNLOAD_URL",
      `cannot download "${displayUrl(url.href)}": expected scp://[user@]host[:port]/path`,
    );
  return { host, path };
}

async function call({ url, runner, signal }: ScpFetch, argv: readonly string[]): Promise<string> {
  const [program = ""] = argv;
  if ((await runner.find(program)) === undefined)
    throw toolMissing(program, "openssh-client", `download ${displayUrl(url.href)}`);
  const { code, endedBy, stdout, stderr } = await runner.run(argv, { signal });
  if (code === 0) return stdout;
  const said = stderr.trim();
  const message = `cannot download ${displayUrl(url.href)}: ${program} ended with ${endedBy ?? `status ${code}`}${said === "" ? "" : `: ${said}`}`;
  if (/No such file or directory|not a regular file/i.test(said))
    throw jobError("ERR_DOWNLOAD_NOT_FOUND", `${message}; correct the address in the job`);
  throw infrastructureError(
    "ERR_DOWNLOAD_FAILED",
    `${message}; check that this worker's user may log in there with its key`,
  );
}

/** Fetches a file with `scp`, as the worker's user, with its keys and its ssh configuration. */
export async function scpFetch(fetch: ScpFetch, to: string): Promise<void> {
  const { host, path } = target(fetch.url);
  const port = fetch.url.port === "" ? [] : ["-P", fetch.url.port];
  await call(fetch, ["scp", "-q", ...options, ...port, `${host}:${path}`, to]);
}

const shellQuote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** Asks with `ssh` for a file's size. */
export async function scpProbe(fetch: ScpFetch): Promise<{ readonly totalBytes?: number }> {
  const { host, path } = target(fetch.url);
  const port = fetch.url.port === "" ? [] : ["-p", fetch.url.port];
  const size = await call(fetch, ["ssh", ...options, ...port, host, `stat -L -c %s ${shellQuote(path)}`]);
  return /^\d+$/.test(size.trim()) ? { totalBytes: Number(size) } : {};
}
