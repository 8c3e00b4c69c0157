import { mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createKeys,
  openKeyFolder,
  openWorkerSocket,
  readSecretKey,
  type ServerEncryption,
  type WorkerEncryption,
  type WorkerSocket,
} from "@basalt/link";
import { startServerLink } from "@basalt/server";
import { fastClock } from "@basalt/testing";
import { openWorkerLink } from "@basalt/worker";
import { afterEach, describe, expect, it } from "vitest";
import { Events } from "../testing/events.js";
import { FakeBackend } from "../testing/fake-backend.js";
import { FakeBook } from "../testing/fake-book.js";
import { openTcpProxy } from "../testing/tcp-proxy.js";

const clock = fastClock(50);
const toClose: AsyncDisposable[] = [];
const opened = <T extends AsyncDisposable>(one: T): T => {
  toClose.push(one);
  return one;
};
afterEach(async () => {
  for (const one of toClose.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

async function serve(backend: FakeBackend, options: { encryption?: ServerEncryption; log?: Events } = {}) {
  const { encryption, log = new Events() } = options;
  const link = await startServerLink({
    endpoint: "tcp://127.0.0.1:*",
    ...(encryption ? { encryption } : {}),
    version: "1.0",
    backend,
    log: log.log,
    clock,
  });
  return Object.assign(opened(link), { log });
}

function work(server: string, name: string, options: { book?: FakeBook; encryption?: WorkerEncryption } = {}) {
  const { book = new FakeBook(), encryption } = options;
  const log = new Events();
  const link = openWorkerLink({
    server,
    name,
    version: "1.0",
    ...(encryption ? { encryption } : {}),
    book,
    log: log.log,
    clock,
    random: () => 0,
  });
  return Object.assign(opened(link), { book, log });
}

/** A worker that says what the test wants, over the real socket. */
async function rogue(server: string, name: string): Promise<{ socket: WorkerSocket; events: Events }> {
  const events = new Events();
  const socket = opened(
    openWorkerSocket({
      server,
      name,
      version: "1.0",
      log: events.log,
      clock,
      handlers: {
        jobs: () => [],
        up: () => events.add("up"),
        down: (why) => events.add(`down ${why}`),
        message: (message) => events.add(JSON.stringify(message)),
        revoked: () => events.add("revoked"),
      },
    }),
  );
  await events.seen("up");
  return { socket, events };
}

const numbered = (count: number, from = 0) => Array.from({ length: count }, (_, at) => `- line ${from + at}`);

/** One more job from START to the end: what "goes on" means. */
async function oneJob(job: number, backend: FakeBackend, book: FakeBook, poke: () => void) {
  backend.schedule(job, "w1");
  poke();
  await book.events.seen(`start ${job}`);
  book.write(job, ...numbered(20));
  book.finish(job);
  await book.events.seen(`forget ${job}`);
  expect(backend.jobs.get(job)).toMatchObject({ state: "Finished", finished: 1, lines: numbered(20) });
}

describe("a job over the link", () => {
  it("is started, logged, ended and forgotten", async () => {
    const backend = new FakeBackend();
    const link = await serve(backend);
    const { book } = work(link.endpoint, "w1");
    await backend.events.seen("hello w1");
    backend.schedule(7, "w1");
    link.poke("w1");
    await backend.events.seen("started 7");
    expect(book.jobs.get(7)?.order).toMatchObject({
      job: 7,
      compatibility: 2,
      version: "1.0",
      definition: "job_name: 7",
    });
    book.write(7, ...numbered(2_500));
    book.finish(7, { result: "fail", errorType: "Job", errorCode: "ERR_X", errorMessage: "why" });
    await book.events.seen("forget 7");
    expect(backend.jobs.get(7)?.lines).toEqual(numbered(2_500));
    expect(backend.jobs.get(7)?.end).toMatchObject({
      result: "fail",
      errorType: "Job",
      errorCode: "ERR_X",
      errorMessage: "why",
      lines: 2_500,
      body: "description of 7\n",
    });
    expect(backend.events.count("finished")).toBe(1);
  });

  it("ends when it can't be started, with the worker's words", async () => {
    const backend = new FakeBackend();
    const link = await serve(backend);
    const { book } = work(link.endpoint, "w1");
    book.refused.add(7);
    backend.schedule(7, "w1");
    link.poke("w1");
    await backend.events.seen("finished 7");
    expect(backend.jobs.get(7)?.refusal).toEqual({
      type: "Infrastructure",
      code: "ERR_DISK_FULL",
      message: "no room for job 7",
    });
  });

  it("ends when it is too long to be sent, and holds nobody up", async () => {
    const backend = new FakeBackend();
    const link = await serve(backend);
    const { book } = work(link.endpoint, "w1");
    await backend.events.seen("hello w1");
    backend.schedule(7, "w1", "é".repeat(4_200_000));
    await oneJob(8, backend, book, () => link.poke("w1"));
    await backend.events.seen("finished 7");
    expect(backend.jobs.get(7)?.refusal).toMatchObject({ type: "Job", code: "ERR_JOB_TOO_LONG" });
  });

  it("is canceled, whether the worker knows it or not", async () => {
    const backend = new FakeBackend();
    const link = await serve(backend);
    const { book } = work(link.endpoint, "w1");
    backend.schedule(7, "w1");
    await backend.events.seen("hello w1");
    link.poke("w1");
    await backend.events.seen("started 7");
    backend.cancel(7);
    backend.schedule(8, "w1");
    backend.cancel(8); // before START
    link.poke("w1");
    await backend.events.seen("finished 7");
    await backend.events.seen("finished 8");
    expect(backend.jobs.get(7)).toMatchObject({ lines: ["canceled 7"], end: { errorType: "Canceled" } });
    expect(backend.jobs.get(8)?.end).toMatchObject({ errorCode: "ERR_JOB_UNKNOWN", lines: 0 });
    await book.events.seen("forget 7");
  });

  it("that the worker forgot is found by STATUS; one the server forgot is ended and removed", async () => {
    const backend = new FakeBackend();
    backend.schedule(7, "w1");
    backend.jobs.get(7)!.state = "Running";
    const link = await serve(backend);
    const book = new FakeBook();
    const order = {
      job: 9,
      compatibility: 1,
      version: "",
      definition: "",
      device: "",
      dispatcher: "",
      env: "",
      envDut: "",
    };
    await book.start(order);
    book.write(9, ...numbered(5));
    work(link.endpoint, "w1", { book });
    await backend.events.seen("finished 7");
    expect(backend.jobs.get(7)?.end?.errorCode).toBe("ERR_JOB_UNKNOWN");
    await book.events.seen("forget 9");
    expect(book.events.all).toContain("cancel 9");
    expect(backend.jobs.has(9)).toBe(false);
  });
});

describe("restarts", () => {
  it("of the server lose no line and start nothing twice", async () => {
    const backend = new FakeBackend();
    let link = await serve(backend);
    const proxy = opened(await openTcpProxy(link.endpoint));
    const { book } = work(proxy.endpoint, "w1");
    backend.schedule(7, "w1");
    await backend.events.seen("hello w1");
    link.poke("w1");
    await backend.events.seen("started 7");
    for (let round = 0; round < 3; round++) {
      book.write(7, ...numbered(700, round * 700));
      await link[Symbol.asyncDispose]();
      link = await serve(backend);
      proxy.target = link.endpoint;
    }
    book.finish(7);
    await book.events.seen("forget 7");
    expect(backend.jobs.get(7)).toMatchObject({ finished: 1, lines: numbered(2_100) });
    expect(book.events.count("start 7")).toBe(1);
  });

  it("of the worker's daemon lose no line", async () => {
    const backend = new FakeBackend();
    const link = await serve(backend);
    const first = work(link.endpoint, "w1");
    const { book } = first;
    backend.schedule(7, "w1");
    await backend.events.seen("hello w1");
    link.poke("w1");
    await backend.events.seen("started 7");
    book.write(7, ...numbered(3_000));
    await backend.events.until(() => backend.jobs.get(7)!.lines.length > 0);
    await first[Symbol.asyncDispose]();
    book.write(7, ...numbered(500, 3_000));
    book.finish(7);
    work(link.endpoint, "w1", { book });
    await book.events.seen("forget 7");
    expect(backend.jobs.get(7)).toMatchObject({ finished: 1, lines: numbered(3_500) });
  });

  it("go on where the line is cut, swallowed or held up", async () => {
    const backend = new FakeBackend();
    const link = await serve(backend);
    const proxy = opened(await openTcpProxy(link.endpoint));
    const { book, log } = work(proxy.endpoint, "w1");
    backend.schedule(7, "w1");
    await backend.events.seen("hello w1");
    link.poke("w1");
    await backend.events.seen("started 7");
    book.write(7, ...numbered(1_000));
    proxy.cutAfter(3_000); // in the middle of a LOG
    await backend.events.seen("hello w1", 2);
    await backend.events.until(() => backend.jobs.get(7)!.lines.length === 1_000);
    proxy.blackhole();
    book.write(7, ...numbered(1_000, 1_000));
    await log.seen("said nothing for too long");
    proxy.release();
    await backend.events.until(() => backend.jobs.get(7)!.lines.length === 2_000);
    proxy.hold();
    book.write(7, ...numbered(1_000, 2_000));
    book.finish(7);
    await new Promise((resolve) => setImmediate(resolve));
    proxy.release();
    await book.events.seen("forget 7");
    expect(backend.jobs.get(7)).toMatchObject({ finished: 1, lines: numbered(3_000) });
  });
});

describe("a slow or failing store", () => {
  it("holds up logs, not control messages, and takes no more than it must", async () => {
    const backend = new FakeBackend();
    const link = await serve(backend);
    const { book } = work(link.endpoint, "w1");
    backend.schedule(7, "w1");
    await backend.events.seen("hello w1");
    link.poke("w1");
    await backend.events.seen("started 7");
    let free = (): void => {};
    backend.disk = new Promise((resolve) => {
      free = resolve;
    });
    book.write(7, ...numbered(50_000));
    backend.schedule(8, "w1");
    backend.cancel(8);
    backend.schedule(9, "w1");
    link.poke("w1");
    await backend.events.seen("started 9");
    expect(backend.jobs.get(7)?.lines).toHaveLength(0);
    free();
    book.finish(7);
    await book.events.seen("forget 7");
    expect(backend.jobs.get(7)?.lines).toEqual(numbered(50_000));
  });

  it("that fails is tried again until it works", async () => {
    const backend = new FakeBackend();
    const link = await serve(backend);
    const { book } = work(link.endpoint, "w1");
    backend.schedule(7, "w1");
    await backend.events.seen("hello w1");
    link.poke("w1");
    await backend.events.seen("started 7");
    backend.failures = 4;
    book.write(7, ...numbered(5_000));
    book.finish(7);
    await book.events.seen("forget 7");
    expect(backend.jobs.get(7)).toMatchObject({ finished: 1, lines: numbered(5_000) });
    expect(link.log.count("could not be stored: no space left on device")).toBe(1);
  });
});

describe("a worker that misbehaves", () => {
  it("has no say about another's jobs; it is told once", async () => {
    const backend = new FakeBackend();
    const link = await serve(backend);
    const { book } = work(link.endpoint, "w1");
    await backend.events.seen("hello w1");
    backend.schedule(7, "w1");
    link.poke("w1");
    await backend.events.seen("started 7");
    const bad = await rogue(link.endpoint, "bad");
    for (let i = 0; i < 5; i++) {
      await bad.socket.send({ type: "LOG", job: 7, from: 0, count: 1, body: Buffer.from("- forged\n") });
      await bad.socket.send({ type: "END", job: 7, result: "pass", lines: 0, body: "" });
      await bad.socket.send({ type: "START_NO", job: 7, error: { type: "Job", code: "ERR_X", message: "" } });
    }
    await bad.socket.send({ type: "END", job: 99, result: "pass", lines: 0, body: "" });
    await bad.events.seen("END_OK"); // nobody's job: forget it
    expect(backend.jobs.get(7)).toMatchObject({ state: "Running", lines: [] });
    expect(link.log.count("which is another worker's: dropped")).toBe(1);
    book.write(7, ...numbered(3));
    book.finish(7);
    await book.events.seen("forget 7");
    expect(backend.jobs.get(7)?.lines).toEqual(numbered(3));
  });

  it("may send LOGs twice, out of order and with gaps: the log stays right", async () => {
    const backend = new FakeBackend();
    const link = await serve(backend);
    const { socket, events } = await rogue(link.endpoint, "w1");
    backend.schedule(7, "w1");
    link.poke("w1");
    await events.seen('"START"');
    const part = (from: number, count: number) => ({
      type: "LOG" as const,
      job: 7,
      from,
      count,
      body: Buffer.from(`${numbered(count, from).join("\n")}\n`),
    });
    for (const [from, count, next] of [
      [5, 5, 0], // a gap
      [0, 6, 6],
      [0, 6, 6], // again
      [3, 6, 9], // overlaps
      [20, 1, 9],
      [9, 1, 10],
    ] as const) {
      const answers = events.count("LOG_OK");
      await socket.send(part(from, count));
      await events.seen("LOG_OK", answers + 1);
      expect(JSON.parse(events.all.findLast((event) => event.includes("LOG_OK"))!)).toMatchObject({ job: 7, next });
    }
    // an END that says more lines than the store has is not believed
    await socket.send({ type: "END", job: 7, result: "pass", lines: 12, body: "" });
    await events.seen('"next":10', 2);
    expect(backend.jobs.get(7)?.state).not.toBe("Finished");
    await socket.send(part(10, 2));
    await socket.send({ type: "END", job: 7, result: "pass", lines: 12, body: "" });
    await events.seen("END_OK");
    await socket.send({ type: "END", job: 7, result: "fail", lines: 12, body: "" }); // repeated
    await events.seen("END_OK", 2);
    expect(backend.jobs.get(7)).toMatchObject({ finished: 1, lines: numbered(12), end: { result: "pass" } });
  });

  it("does not fill the server by asking about jobs without end", async () => {
    const backend = new FakeBackend();
    const link = await serve(backend);
    const good = work(link.endpoint, "w1");
    const bad = await rogue(link.endpoint, "bad");
    for (let job = 1_000; job < 20_000; job++) await bad.socket.send({ type: "START_OK", job });
    await oneJob(7, backend, good.book, () => link.poke("w1"));
  });
});

describe("revocation in the middle of a job", () => {
  it("stops the board, ends the job at the server, and leaves other workers alone", async () => {
    const dir = await mkdtemp(join(tmpdir(), "basalt-revoke-"));
    opened({ [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }) });
    const keys = await readSecretKey((await createKeys("server", dir)).secretFile);
    const workers = join(dir, "workers.d");
    const keysOf = async (name: string): Promise<WorkerEncryption> => ({
      keys: await readSecretKey((await createKeys(name, dir, { publicDir: workers })).secretFile),
      serverKey: keys.publicKey,
    });
    const [forW1, forW2] = [await keysOf("w1"), await keysOf("w2")];
    const folder = opened(await openKeyFolder(workers, new Events().log));
    const backend = new FakeBackend();
    const link = await serve(backend, { encryption: { keys, folder } });
    const one = work(link.endpoint, "w1", { encryption: forW1 });
    const two = work(link.endpoint, "w2", { encryption: forW2 });
    await backend.events.seen("hello w1");
    await backend.events.seen("hello w2");
    backend.schedule(1, "w1");
    backend.schedule(2, "w2");
    link.poke("w1");
    link.poke("w2");
    await backend.events.seen("started 1");
    await backend.events.seen("started 2");
    await rename(join(workers, "w2.key"), join(dir, "aside"));
    await two.book.events.seen("cancel 2");
    await backend.events.seen("finished 2");
    expect(link.connected()).toEqual(["w1"]);
    await two.log.seen("the master refused this worker's key");
    await oneJob(3, backend, one.book, () => link.poke("w1"));
    expect(backend.jobs.get(1)?.state).toBe("Running");
    expect(two.book.jobs.has(2)).toBe(true); // kept, for whoever looks into it
    // back again: the server has no use for the job any more
    await rename(join(dir, "aside"), join(workers, "w2.key"));
    await two.book.events.seen("forget 2");
    expect(backend.jobs.get(2)).toMatchObject({ finished: 1, lines: [] });
  });
});
