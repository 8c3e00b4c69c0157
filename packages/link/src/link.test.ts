import { mkdtemp, rename, rm } from "node:fs/promises";
import { connect as connectTcp } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DaemonLogLevel, encodeMessage, systemClock, type WorkerMessage } from "@basalt/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Context, curveKeyPair, Dealer } from "zeromq";
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
} from "./index.js";

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
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "basalt-link-"));
});
afterEach(async () => {
  for (const one of toClose.splice(0).reverse()) await one[Symbol.asyncDispose]();
  await rm(dir, { recursive: true, force: true });
});

interface ServerOptions {
  readonly endpoint?: string;
  readonly encryption?: ServerEncryption;
  readonly decide?: (name: string) => GreetAnswer;
  readonly goneAfterMs?: number;
  readonly interval?: number;
}

async function startServer(options: ServerOptions = {}) {
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

function startWorker(server: string, name: string, options: { encryption?: WorkerEncryption; jobs?: number[] } = {}) {
  const events = record<string>();
  const logged = record<string>();
  const socket: WorkerSocket = openWorkerSocket({
    server,
    name,
    version: "1.0",
    ...(options.encryption ? { encryption: options.encryption } : {}),
    log: logInto(logged),
    random: () => 0,
    clock: { ...systemClock, sleep: (ms, how) => systemClock.sleep(Math.min(ms, 20), how) }, // waits between tries are not what is tested
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
async function makeKeys() {
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
function strange(endpoint: string, encryption?: WorkerEncryption, more: object = {}): Dealer {
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
const frames = (message: WorkerMessage) => [...encodeMessage(message)];
const hello = (name: string): WorkerMessage => ({ type: "HELLO", name, version: "1", protocol: 1, jobs: [] });
const typeOf = async (dealer: Dealer): Promise<{ type: string; code?: string }> =>
  JSON.parse(`${(await dealer.receive())[0]}`);

/** Another worker goes on meanwhile: a message of it comes through, both ways. */
async function stillServes(
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

describe("the link", () => {
  it("greets, carries messages both ways, and says so as the documents show", async () => {
    const server = await startServer();
    const worker = startWorker(server.socket.endpoint, "good", { jobs: [3, 4] });
    await worker.events.until((event) => event === "up");
    expect(server.events.all).toEqual(["open good 3,4"]);
    await stillServes(server, worker, 7);
    expect(worker.logged.all).toEqual([
      "info Connecting to master as <good>",
      "debug Greeting the master => 'HELLO'",
      "debug Waiting for the master to reply",
      "debug The master replied: ['HELLO_OK']",
      "info Connection with the master established",
    ]);
  });

  it("goes on by itself when the server comes back", async () => {
    const endpoint = `ipc://${join(dir, "link")}`; // a free TCP port may be taken meanwhile
    const first = await startServer({ endpoint });
    const worker = startWorker(endpoint, "good");
    await worker.events.until((event) => event === "up");
    await first.socket[Symbol.asyncDispose]();
    await worker.events.until((event) => event === "down lost");
    expect(await worker.socket.send({ type: "START_OK", job: 1 })).toBe(false);
    const second = await startServer({ endpoint });
    await worker.events.until((event) => event === "up", worker.events.all.length);
    await stillServes(second, worker, 8);
  });

  it("asks who it is when a session is not known", async () => {
    const server = await startServer();
    const dealer = strange(server.socket.endpoint);
    await dealer.send(frames({ type: "START_OK", job: 1 }));
    expect((await typeOf(dealer)).type).toBe("WHO");
    await dealer.send(frames(hello("x")));
    expect((await typeOf(dealer)).type).toBe("HELLO_OK");
    expect(server.events.all).toEqual(["open x "]);
  });

  it("keeps a session alive by PING, and forgets who is silent", async () => {
    const server = await startServer({ goneAfterMs: 400, interval: 0.05 });
    const worker = startWorker(server.socket.endpoint, "good");
    const dealer = strange(server.socket.endpoint);
    await worker.events.until((event) => event === "up");
    await dealer.send(frames(hello("mute")));
    await server.events.until((event) => event === "closed mute silent");
    expect(server.socket.sessions().map(({ name }) => name)).toEqual(["good"]);
    await dealer.send(frames({ type: "PING" }));
    expect((await typeOf(dealer)).type).toBe("HELLO_OK");
    expect((await typeOf(dealer)).type).toBe("WHO");
  });

  it("tells a worker whose server says nothing any more", async () => {
    const { Router } = await import("zeromq");
    const deaf = new Router({ linger: 0 });
    await deaf.bind("tcp://127.0.0.1:*");
    const worker = startWorker(deaf.lastEndpoint as string, "good");
    const [id] = await deaf.receive();
    await deaf.send([id as Buffer, ...encodeMessage({ type: "HELLO_OK", interval: 0.02, version: "1" })]);
    await worker.events.until((event) => event === "down away");
    deaf.close();
  });

  it("lets the newer of two workers of one name in, and tells the older", async () => {
    const server = await startServer();
    const older = startWorker(server.socket.endpoint, "good");
    await older.events.until((event) => event === "up");
    const newer = strange(server.socket.endpoint);
    await newer.send(frames(hello("good")));
    expect((await typeOf(newer)).type).toBe("HELLO_OK");
    await server.events.until((event) => event === "closed good replaced");
    await older.socket.send({ type: "START_OK", job: 1 });
    await older.logged.until((line) => line.includes("another worker named"));
    expect(server.events.all).not.toContain("good START_OK 1");
  });

  it("says why a worker may not work here", async () => {
    const server = await startServer({
      decide: () => ({ ok: false, code: "ERR_WORKER_RETIRED", message: "this worker is retired" }),
    });
    const worker = startWorker(server.socket.endpoint, "good");
    await worker.logged.until((line) => line === "warning the master refused this worker: this worker is retired");
    const dealer = strange(server.socket.endpoint);
    await dealer.send(frames({ ...hello("old"), protocol: 9 } as WorkerMessage));
    expect(await typeOf(dealer)).toMatchObject({ type: "HELLO_NO", code: "ERR_PROTOCOL" });
  });

  it("refuses an address that is none", () => {
    expect(() => startWorker("server:5556", "x")).toThrow(expect.objectContaining({ code: "ERR_LINK_ADDRESS" }));
  });

  it("says that an endpoint is taken", async () => {
    const server = await startServer();
    await expect(startServer({ endpoint: server.socket.endpoint })).rejects.toMatchObject({ code: "ERR_LINK_BIND" });
  });
});

describe("an encrypted link", () => {
  async function encrypted() {
    const keys = await makeKeys();
    const server = await startServer({ encryption: keys.encryption });
    const worker = startWorker(server.socket.endpoint, "good", { encryption: await keys.worker("good") });
    await worker.events.until((event) => event === "up");
    return { keys, server, worker, endpoint: server.socket.endpoint };
  }
  const once = (lines: readonly string[], words: string) =>
    expect(lines.filter((line) => line.includes(words))).toHaveLength(1);

  it("refuses a key that is not in the folder, and takes it up without a restart", async () => {
    const { keys, server, worker, endpoint } = await encrypted();
    const { publicFile, secretFile } = await createKeys("late", dir);
    const late = startWorker(endpoint, "late", {
      encryption: { keys: await readSecretKey(secretFile), serverKey: keys.server.publicKey },
    });
    await server.logged.until((line) => line.includes("is not in"));
    await late.logged.until((line) => line.includes("refused this worker's key"));
    await stillServes(server, worker, 1);
    await rename(publicFile, join(keys.workers, "late.key"));
    await late.events.until((event) => event === "up");
    once(server.warnings(), "is not in");
    once(late.logged.all, "refused this worker's key");
  });

  it("refuses a worker that uses the key of another", async () => {
    const { keys, server, worker, endpoint } = await encrypted();
    const thief = startWorker(endpoint, "good", { encryption: await keys.worker("thief") });
    await thief.logged.until((line) => line.includes('does not hold the key of "good"'));
    const nobody = startWorker(endpoint, "nobody", { encryption: await keys.worker("somebody") });
    await nobody.logged.until((line) => line.includes('no key of "nobody"'));
    await stillServes(server, worker, 2);
    once(server.warnings(), 'does not hold the key of "good"');
    expect(server.events.all.filter((event) => event.startsWith("open"))).toEqual(["open good "]);
  });

  it("refuses plain connections, and those meant for another server", async () => {
    const { keys, server, worker, endpoint } = await encrypted();
    const plain = startWorker(endpoint, "plain");
    await plain.logged.until((line) => line.includes("do not agree on encryption"));
    const lost = startWorker(endpoint, "lost", {
      encryption: { ...(await keys.worker("lost")), serverKey: curveKeyPair().publicKey },
    });
    await lost.logged.until((line) => line.includes("is the copy of its public key right?"));
    await server.logged.until((line) => line.includes("another server's key"));
    await stillServes(server, worker, 3);
    once(server.warnings(), "another server's key");
    once(server.warnings(), "ended before it was set up");
    once(plain.logged.all, "do not agree on encryption");
  });

  it("tells a worker with keys that the server has none", async () => {
    const keys = await makeKeys();
    const server = await startServer();
    const worker = startWorker(server.socket.endpoint, "good", { encryption: await keys.worker("good") });
    await worker.logged.until((line) => line.includes("do not agree on encryption"));
    expect(server.events.all).toEqual([]);
  });

  it("cuts a worker off when its key is removed: what it says counts no more", async () => {
    const { keys, server, worker, endpoint } = await encrypted();
    const encryption = await keys.worker("bad");
    const bad = strange(endpoint, encryption);
    // an honest worker's HELLO, by hand: it will not go away when told
    await bad.send(frames(hello("bad")));
    const { nonce } = (await typeOf(bad)) as unknown as { nonce: string };
    const { makeProof } = await import("./keys/proof.js");
    const mac = makeProof({ own: encryption.keys, peerPublicKey: encryption.serverKey, nonce, name: "bad" });
    await bad.send(frames({ type: "PROOF", mac }));
    expect((await typeOf(bad)).type).toBe("HELLO_OK");
    await rm(join(keys.workers, "bad.key"));
    expect((await typeOf(bad)).type).toBe("REVOKED");
    for (let job = 1; job <= 50; job++) await bad.send(frames({ type: "START_OK", job }));
    await bad.send(frames(hello("bad")));
    await server.logged.until((line) => line.includes("still talks"));
    await stillServes(server, worker, 4);
    expect(server.events.all.filter((event) => event.startsWith("bad"))).toEqual([]);
    expect(server.events.all).toContain("closed bad revoked");
    once(server.warnings(), "still talks");
  });

  it("tells a revoked worker, which comes back when its key does", async () => {
    const { keys, worker } = await encrypted();
    await rename(join(keys.workers, "good.key"), join(dir, "aside"));
    await worker.events.until((event) => event === "revoked its key was removed");
    await worker.events.until((event) => event === "down revoked");
    await rename(join(dir, "aside"), join(keys.workers, "good.key"));
    await worker.events.until((event) => event === "up", worker.events.all.length);
  });

  it("takes a proof once: replayed and invented ones are dropped", async () => {
    const { keys, server, worker, endpoint } = await encrypted();
    const encryption = await keys.worker("bad");
    const { makeProof } = await import("./keys/proof.js");
    const proofFor = (nonce: string) =>
      frames({
        type: "PROOF",
        mac: makeProof({ own: encryption.keys, peerPublicKey: encryption.serverKey, nonce, name: "bad" }),
      });
    const first = strange(endpoint, encryption);
    await first.send(proofFor("00".repeat(32)));
    await first.send(frames(hello("bad")));
    const { nonce } = (await typeOf(first)) as unknown as { nonce: string };
    const second = strange(endpoint, encryption);
    await second.send(frames(hello("bad")));
    await typeOf(second);
    await second.send(proofFor(nonce)); // the other session's
    expect(await typeOf(second)).toMatchObject({ type: "HELLO_NO", code: "ERR_KEY_REFUSED" });
    await first.send(proofFor(nonce));
    await first.send(proofFor(nonce));
    expect((await typeOf(first)).type).toBe("HELLO_OK");
    await stillServes(server, worker, 5);
    expect(server.events.all.filter((event) => event.startsWith("open bad"))).toHaveLength(1);
  });
});

describe("a server under bad peers", () => {
  async function withGood() {
    const server = await startServer();
    const worker = startWorker(server.socket.endpoint, "good");
    await worker.events.until((event) => event === "up");
    return { server, worker, endpoint: server.socket.endpoint };
  }

  it("drops garbage in every state, and says so once", async () => {
    const { server, worker, endpoint } = await withGood();
    const junk = strange(endpoint);
    for (let i = 0; i < 100; i++) await junk.send([Buffer.from([0xff, i]), "x", "y"]);
    await junk.send(frames(hello("junk")));
    expect((await typeOf(junk)).type).toBe("HELLO_OK");
    for (let i = 0; i < 100; i++) await junk.send('{"v": 1, "ch": "control", "type": "END"}');
    await junk.send(frames({ type: "START_OK", job: 77 }));
    await server.events.until((event) => event === "junk START_OK 77");
    await stillServes(server, worker, 1);
    expect(server.warnings()).toEqual([
      "warning a message of a stranger was dropped: it has 3 frames, expected a header and at most one body",
      'warning a message of worker junk was dropped: END: "job" is missing',
    ]);
  });

  it("drops messages of 10 MB and connections that send more", async () => {
    const { server, worker, endpoint } = await withGood();
    const big = strange(endpoint);
    for (let i = 0; i < 3; i++) await big.send(["{}", Buffer.alloc(10_000_000)]);
    await big.send(frames(hello("big")));
    expect((await typeOf(big)).type).toBe("HELLO_OK");
    expect(server.warnings()).toEqual([
      "warning a message of a stranger was dropped: it has 10000002 bytes, at most 8388608 are allowed",
    ]);
    const cut = new Promise((resolve) => big.events.on("disconnect", resolve));
    await big.send(["{}", Buffer.alloc(20_000_000)]);
    await cut;
    await stillServes(server, worker, 1);
  });

  it("drops what is not ZeroMQ at all", async () => {
    const { server, worker, endpoint } = await withGood();
    const { port } = new URL(endpoint);
    const socket = connectTcp(Number(port), "127.0.0.1");
    const closed = new Promise((resolve) => socket.on("close", resolve));
    socket.on("error", () => {});
    socket.end("GET / HTTP/1.1\r\nHost: x\r\n\r\n".repeat(1_000));
    socket.resume();
    await closed;
    await stillServes(server, worker, 1);
  });

  it("rations HELLOs of one connection", async () => {
    const { server, worker, endpoint } = await withGood();
    const flood = strange(endpoint);
    for (let i = 0; i < 2_000; i++) await flood.send(frames(hello("flood")));
    await flood.send(frames({ type: "START_OK", job: 5 }));
    await server.events.until((event) => event === "flood START_OK 5");
    await stillServes(server, worker, 1);
    expect(server.events.all.filter((event) => event.startsWith("open flood"))).toHaveLength(1);
    expect(server.warnings()).toEqual(["warning flood greets too often: dropped"]);
  });

  it("stands a flood of connections, and still lets workers in", async () => {
    const { server, worker, endpoint } = await withGood();
    const flood = Array.from({ length: 400 }, () => strange(endpoint));
    await Promise.all(flood.map((dealer) => dealer.send(frames({ type: "PING" }))));
    await Promise.all(flood.slice(-100).map(typeOf));
    const late = startWorker(endpoint, "late");
    await late.events.until((event) => event === "up");
    await stillServes(server, worker, 1);
    expect(server.warnings()).toEqual([]);
  });

  it("ignores peers that choose their own identity", async () => {
    const { server, worker, endpoint } = await withGood();
    const posing = strange(endpoint, undefined, { routingId: "master" });
    await posing.send(frames(hello("posing")));
    await server.logged.until((line) => line.includes("identity"));
    await stillServes(server, worker, 1);
    expect(server.events.all).not.toContain("open posing ");
  });
});
