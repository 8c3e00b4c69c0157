import { describe, expect, it } from "vitest";
import { FakeBackend } from "../testing/fake-backend.js";
import { FakeBook } from "../testing/fake-book.js";
import { closeAfterEach, jobStarted, numbered, oneJob, serve, work } from "../testing/linked.js";

closeAfterEach();

describe("a job over the link", () => {
  it("is started, logged, ended and forgotten", async () => {
    const backend = new FakeBackend();
    const link = await serve(backend);
    const { book } = await jobStarted(backend, link.endpoint, () => link.poke("w1"));
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
    const { book } = await jobStarted(backend, link.endpoint, () => link.poke("w1"));
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

  it("is not started on a board that a job which was given up still has in its hands", async () => {
    const backend = new FakeBackend();
    const link = await serve(backend);
    const { book } = work(link.endpoint, "w1");
    await backend.events.seen("hello w1");
    for (const job of [7, 8]) backend.boards.set(job, "bbb-01");
    book.slow.add(7);
    backend.schedule(7, "w1");
    link.poke("w1");
    await backend.events.seen("started 7");
    backend.giveUp(7);
    backend.schedule(8, "w1");
    backend.schedule(9, "w1");
    link.poke("w1");
    await book.events.seen("start 9");
    await book.events.seen("cancel 7");
    expect(book.jobs.has(8)).toBe(false);
    // what it still has to say is kept, and changes nothing about how it ended
    book.write(7, ...numbered(2_000));
    book.finish(7, { result: "fail", errorType: "Canceled" });
    await book.events.seen("start 8");
    expect(book.jobs.has(7)).toBe(false);
    expect(backend.jobs.get(7)).toMatchObject({
      state: "Finished",
      finished: 1,
      isWhole: true,
      lines: numbered(2_000),
    });
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

describe("a slow or failing store", () => {
  it("holds up logs, not control messages, and takes no more than it must", async () => {
    const backend = new FakeBackend();
    const link = await serve(backend);
    const { book } = await jobStarted(backend, link.endpoint, () => link.poke("w1"));
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
    const { book } = await jobStarted(backend, link.endpoint, () => link.poke("w1"));
    backend.failures = 4;
    book.write(7, ...numbered(5_000));
    book.finish(7);
    await book.events.seen("forget 7");
    expect(backend.jobs.get(7)).toMatchObject({ finished: 1, lines: numbered(5_000) });
    expect(link.log.count("could not be stored: no space left on device")).toBe(1);
  });
});
