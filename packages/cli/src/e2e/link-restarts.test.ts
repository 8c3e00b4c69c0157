import { describe, expect, it } from "vitest";
import { FakeBackend } from "../testing/fake-backend.js";
import { closeAfterEach, jobStarted, numbered, opened, serve, work } from "../testing/linked.js";
import { openTcpProxy } from "../testing/tcp-proxy.js";

closeAfterEach();

describe("restarts", () => {
  it("of the server lose no line and start nothing twice", async () => {
    const backend = new FakeBackend();
    let link = await serve(backend);
    const proxy = opened(await openTcpProxy(link.endpoint));
    const { book } = await jobStarted(backend, proxy.endpoint, () => link.poke("w1"));
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
    const first = await jobStarted(backend, link.endpoint, () => link.poke("w1"));
    const { book } = first;
    book.write(7, ...numbered(3_000));
    await backend.events.until(() => backend.jobs.get(7)!.lines.length > 0);
    await first[Symbol.asyncDispose]();
    // it said goodbye: the server does not wait for its silence, and does not touch its job
    await backend.events.seen("gone w1");
    expect(backend.jobs.get(7)).toMatchObject({ state: "Running", finished: 0 });
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
    const { book, log } = await jobStarted(backend, proxy.endpoint, () => link.poke("w1"));
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
