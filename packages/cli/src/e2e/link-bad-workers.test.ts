import { mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createKeys, openKeyFolder, readSecretKey, type WorkerEncryption } from "@basalt/link";
import { describe, expect, it } from "vitest";
import { Events } from "../testing/events.js";
import { FakeBackend } from "../testing/fake-backend.js";
import { closeAfterEach, jobStarted, numbered, oneJob, opened, rogue, serve, work } from "../testing/linked.js";

closeAfterEach();

describe("a worker that misbehaves", () => {
  it("has no say about another's jobs; it is told once", async () => {
    const backend = new FakeBackend();
    const link = await serve(backend);
    const { book } = await jobStarted(backend, link.endpoint, () => link.poke("w1"));
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
