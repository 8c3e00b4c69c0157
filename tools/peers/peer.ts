import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import {
  type AnyToken,
  ClockToken,
  FileStoreToken,
  type Log,
  ProcessRunnerToken,
  type Resolve,
  systemClock,
} from "@basalt/core";
import { createHost, type Host } from "@basalt/host";
import { findProgram } from "../lib/run.mjs";

/** Where a peer's program is; says once which tests are skipped where it is not. */
export function peer(program: string, debian: string): string | undefined {
  const path = findProgram(program);
  if (!path)
    process.stderr.write(`tests against ${program} skipped: it is not installed (apt-get install ${debian})\n`);
  return path;
}

export const options = { signal: new AbortController().signal, log: { debug() {}, warning() {} } as unknown as Log };

/** Asks until the answer is yes; vitest's time limit ends it. */
export async function until(check: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await check())) await pause(20);
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("error", () => resolve(false));
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
  });

/** A bench for one peer: a scratch folder, services of this machine, and programs that end with it, by their ids. */
export class PeerBench implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), "peer-"));
  readonly #children: ChildProcess[] = [];
  #host: Host | undefined;

  path = (name: string): string => join(this.folder, name);

  /** Services for a driver: this machine's clock, files and processes. */
  async services(): Promise<Resolve> {
    const config = { dispatcher_download_dir: this.path("jobs") };
    this.#host ??= await createHost({ jobId: "1", config, cacheFolder: this.path("cache") });
    const found = new Map<symbol, unknown>(this.#host.services.map(([{ key }, service]) => [key, service]));
    found.set(ClockToken.key, systemClock);
    if (!found.has(FileStoreToken.key) || !found.has(ProcessRunnerToken.key))
      throw new Error("the host lacks services");
    return ((token: AnyToken) => found.get(token.key)) as Resolve;
  }

  /** Starts a program in the foreground. What it says on both streams is in `said()`. */
  start(argv: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const [command = "", ...rest] = argv;
    const child = spawn(command, rest, { stdio: ["pipe", "pipe", "pipe"], env: { ...process.env, ...env } });
    this.#children.push(child);
    let said = "";
    const failed = new Promise<never>((_, reject) => child.once("error", reject));
    failed.catch(() => {});
    child.stdout.on("data", (data) => {
      said += data;
    });
    child.stderr.on("data", (data) => {
      said += data;
    });
    child.stdin.on("error", () => {}); // it may have ended
    return { child, said: () => said };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children.reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await ended;
    }
    await this.#host?.[Symbol.asyncDispose]();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
