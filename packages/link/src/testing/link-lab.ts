import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DaemonLogLevel, encodeMessage, systemClock, type WorkerMessage } from "@basalt/core";
import { afterEach, beforeEach, expect } from "vitest";
import { Context, Dealer } from "zeromq";
import {
  createKeys,
  type GreetAnswer,
  type KeyFolder,
  openKeyFolder,
  openServerSocket,
  openWorkerSocket,
  readSecretKey,
  type ServerEncryption,
  type ServerSocket,
  type WorkerEncryption,
  type WorkerSocket,
} from "../index.js";

/** Events in the order they came, and a way to wait for one. */
function record<T>() {
  const all: T[] = [];
  const waiting = new Set<() => void>();
  return {
    all,
    add(event: T) {
      all.push(event);
      for (const check of [...waiting]) check();
    },
    async until(matches: (event: T) => boolean, from = 0): Promise<T> {
      return new Promise((resolve) => {
        const check = () => {
          const found = all.slice(from).find(matches);
          if (found === undefined) return;
          waiting.delete(check);
          resolve(found);
        };
        waiting.add(check);
        check();
      });
    },
  };
}

const logInto = (events: ReturnType<typeof record<string>>) => {
  const at = (level: DaemonLogLevel) => (message: string) => events.add(`${level} ${message}`);
  return { debug: at("debug"), info: at("info"), warning: at("warning"), error: at("error") };
};

let dir: string;
const toClose: AsyncDisposable[] = [];

/** Gives every test of the file that calls it a folder of its own, and closes what the test opened here. Returns the folder's path. */
export function useLinkLab(): () => string {
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "basalt-link-"));
  });
  afterEach(async () => {
    for (const one of toClose.splice(0).reverse()) await one[Symbol.asyncDispose]();
    await rm(dir, { recursive: true, force: true });
  });
  return () => dir;
}

interface ServerOptions {
  readonly endpoint?: string;
  readonly encryption?: ServerEncryption;
  readonly decide?: (name: string) => GreetAnswer;
  readonly goneAfterMs?: number;
  readonly interval?: number;
}

/** A server on the loopback that writes down what it is told. */
export async function startServer(options: ServerOptions = {}) {
  const events = record<string>();
  const logged = record<string>();
  const socket: ServerSocket = await openServerSocket({
    endpoint: options.endpoint ?? "tcp://127.0.0.1:*",
    ...(options.encryption ? { encryption: options.encryption } : {}),
    ...(options.goneAfterMs ? { goneAfterMs: options.goneAfterMs } : {}),
    version: "1.0",
    log: logInto(logged),
    handlers: {
      decide: async ({ name }) => options.decide?.(name) ?? { ok: true, interval: options.interval ?? 5 },
      opened: ({ name, jobs }) => events.add(`open ${name} ${jobs.join()}`),
      message: ({ name }, message) => events.add(`${name} ${message.type} ${message.job}`),
      heard: () => {},
      closed: ({ name }, why) => events.add(`closed ${name} ${why}`),
    },
  });
  toClose.push(socket);
  const warnings = () => logged.all.filter((line) => /^(warning|error)/.test(line));
  return { socket, events, logged, warnings };
}

/** A worker that writes down what it is told. */
export function startWorker(
  server: string,
  name: string,
  options: { encryption?: WorkerEncryption; jobs?: number[]; faster?: number } = {},
) {
  const events = record<string>();
  const logged = record<string>();
  const socket: WorkerSocket = openWorkerSocket({
    server,
    name,
    version: "1.0",
    ...(options.encryption ? { encryption: options.encryption } : {}),
    log: logInto(logged),
    random: () => 0,
    clock: {
      ...systemClock,
      monotonic: () => systemClock.monotonic() * (options.faster ?? 1),
      sleep: (ms, how) => systemClock.sleep(Math.min(ms, 20), how), // waits between tries are not what is tested
    },
    handlers: {
      jobs: () => options.jobs ?? [],
      up: () => events.add("up"),
      down: (why) => events.add(`down ${why}`),
      message: (message) => events.add(`${message.type} ${message.job}`),
      revoked: (reason) => events.add(`revoked ${reason}`),
    },
  });
  toClose.push(socket);
  return { socket, events, logged };
}

/** A server's folder of keys, and keys for workers. */
export async function makeKeys() {
  const server = await readSecretKey((await createKeys("server", dir)).secretFile);
  const workers = join(dir, "workers.d");
  const folder: KeyFolder = await openKeyFolder(workers, logInto(record()));
  toClose.push(folder);
  const worker = async (name: string): Promise<WorkerEncryption> => {
    const { secretFile } = await createKeys(name, dir, { publicDir: workers });
    await folder.refresh();
    return { keys: await readSecretKey(secretFile), serverKey: server.publicKey };
  };
  return { encryption: { keys: server, folder }, folder, workers, server, worker };
}

/** A bare ZeroMQ socket, for peers that don't behave. */
export function strange(endpoint: string, encryption?: WorkerEncryption, more: object = {}): Dealer {
  const dealer = new Dealer({
    linger: 0,
    context: new Context({ blocky: false }),
    ...(encryption
      ? {
          curveServerKey: encryption.serverKey,
          curvePublicKey: encryption.keys.publicKey,
          curveSecretKey: encryption.keys.secretKey,
        }
      : {}),
    ...more,
  });
  dealer.connect(endpoint);
  toClose.push({ [Symbol.asyncDispose]: async () => dealer.close() });
  return dealer;
}

export const frames = (message: WorkerMessage) => [...encodeMessage(message)];
export const hello = (name: string): WorkerMessage => ({ type: "HELLO", name, version: "1", protocol: 1, jobs: [] });
export const typeOf = async (dealer: Dealer): Promise<{ type: string; code?: string }> =>
  JSON.parse(`${(await dealer.receive())[0]}`);

/** Another worker goes on meanwhile: a message of it comes through, both ways. */
export async function stillServes(
  server: Awaited<ReturnType<typeof startServer>>,
  worker: ReturnType<typeof startWorker>,
  job: number,
) {
  expect(await worker.socket.send({ type: "START_OK", job })).toBe(true);
  await server.events.until((event) => event.endsWith(`START_OK ${job}`));
  const session = server.socket.sessions().find(({ name }) => name === "good");
  expect(session && server.socket.send(session, { type: "CANCEL", job })).toBe(true);
  await worker.events.until((event) => event === `CANCEL ${job}`);
}
