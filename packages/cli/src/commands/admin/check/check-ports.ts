import { createServer, isIP } from "node:net";
import type { ServerNote } from "@basalt/server";
import { isOnLoopback, type ServerSettings } from "../../../settings/server-settings.js";
import type { KnownServer } from "./check-database.js";
import { type Finding, hint, ok, problem } from "./finding.js";

interface Port {
  readonly what: string;
  readonly host: string;
  readonly port: number;
  readonly option: string;
}

/** Why a port can't be bound; undefined where it can. */
function bindError({ host, port }: Port): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", resolve);
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

const answerMs = 3_000;

/** Asks a server how it is. An address that stands for all of the machine's is asked on loopback. */
async function askHealth(url: string): Promise<{ readonly ok: boolean; readonly status: number }> {
  const asked = url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:");
  const response = await fetch(`${asked}/healthz`, { signal: AbortSignal.timeout(answerMs) });
  await response.arrayBuffer();
  return response;
}

/** Whether the server of this instance answers there. */
async function isOurs({ host, port }: Port): Promise<boolean> {
  try {
    return (await askHealth(`http://${isIP(host) === 6 ? `[${host}]` : host}:${port}`)).ok;
  } catch {
    return false;
  }
}

async function checkPort(port: Port, running: (port: Port) => Promise<boolean>): Promise<Finding> {
  const where = `${port.host}:${port.port} (${port.what})`;
  const error = await bindError(port);
  if (!error) return ok("ports", `${where} is free`);
  const other = `give another address with ${port.option}`;
  if (error.code === "EADDRINUSE")
    return (await running(port))
      ? ok("ports", `${where} is served by this instance`)
      : problem("ports", `${where} is taken by another program`, `find it with 'ss -tlnp', stop it, or ${other}`);
  if (error.code === "EADDRNOTAVAIL") return problem("ports", `${port.host} is no address of this machine`, other);
  if (error.code === "EACCES")
    return problem("ports", `${where} is for root only`, `use a port from 1024 behind a proxy, or ${other}`);
  return problem("ports", `${where} can't be opened: ${error.message}`, other);
}

async function checkRunning({ url, endpoint, encrypted }: ServerNote): Promise<readonly Finding[]> {
  const words = `the server of this state folder runs: pages and API at ${url}, workers at ${endpoint} (${encrypted ? "encrypted" : "not encrypted"})`;
  const open = encrypted ? [] : openToAll(endpoint);
  try {
    const { status, ok: isWell } = await askHealth(url);
    if (isWell) return [ok("ports", words), ...open];
    return [problem("ports", `${words}, and answers ${status}`, `'curl ${url}/healthz' says what it lacks`), ...open];
  } catch {
    return [problem("ports", `${words}, and does not answer`, "look at its log"), ...open];
  }
}

/** That anybody who reaches an address could connect there as a worker. */
function openToAll(workers: string): readonly Finding[] {
  if (isOnLoopback(workers)) return [];
  return [
    problem(
      "ports",
      `workers connect to ${workers} without encryption`,
      "use --encrypt with keys ('basalt admin keys create'), or listen on 127.0.0.1 only",
    ),
  ];
}

/**
 * Pages and API, and the workers' address: where a server of this state folder runs, its own; else those of the settings, which should be
 * free. `servers` is undefined where the database could not be asked.
 */
export async function checkPorts(
  { host, port, workers, encrypt }: ServerSettings,
  servers: readonly KnownServer[] | undefined,
): Promise<readonly Finding[]> {
  const running = servers?.flatMap(({ note }) => note ?? []) ?? [];
  if (running.length > 0) return (await Promise.all(running.map(checkRunning))).flat();
  const http: Port = { what: "pages and API", host, port, option: "--port" };
  const [, at = "", number = "0"] = /^tcp:\/\/(.*):(\d+|\*)$/.exec(workers) ?? [];
  const link: Port = {
    what: "workers",
    host: at === "*" ? "0.0.0.0" : at.replace(/^\[|\]$/g, ""),
    port: number === "*" ? 0 : Number(number),
    option: "--workers",
  };
  // a server that answers nobody is not ours, whatever the tables say
  const serves = servers === undefined || servers.length > 0;
  const findings = [
    await checkPort(http, async (at) => serves && (await isOurs(at))),
    await checkPort(link, async () => serves),
  ];
  if (servers && servers.length === 0)
    findings.push(hint("ports", "no server of this instance runs", "start it with 'basalt server'"));
  return encrypt ? findings : [...findings, ...openToAll(workers)];
}
