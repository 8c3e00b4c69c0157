import { rejectOnAbort, systemClock } from "@basalt/core";
import { startServerLink } from "@basalt/server";
import { fastClock } from "@basalt/testing";
import { openWorkerLink } from "@basalt/worker";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Events } from "../testing/events.js";
import { FakeBackend } from "../testing/fake-backend.js";
import { FakeBook } from "../testing/fake-book.js";
import { openTcpProxy } from "../testing/tcp-proxy.js";

const jobs = [1, 2, 3] as const;
const soak = process.env.BASALT_SOAK === "1";
const clock = fastClock(50);

/** What may happen to a lab, one thing after the other. */
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("write" as const),
      job: fc.constantFrom(...jobs),
      lines: fc.integer({ min: 1, max: 1_500 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("cut" as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("cutAfter" as const), bytes: fc.integer({ min: 1, max: 40_000 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("blackhole" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("hold" as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("release" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("restartServer" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("restartWorker" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("failStore" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("cancel" as const), job: fc.constantFrom(...jobs) }) },
  // until the server has stored something more, where it can
  { weight: 3, arbitrary: fc.record({ do: fc.constant("turns" as const), count: fc.integer({ min: 1, max: 30 }) }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

class Lab {
  readonly backend = new FakeBackend();
  readonly book = new FakeBook();
  readonly written = new Map<number, number>(jobs.map((job) => [job, 0]));
  readonly log = new Events();
  #server!: Awaited<ReturnType<typeof startServerLink>>;
  #worker!: AsyncDisposable;
  #proxy!: Awaited<ReturnType<typeof openTcpProxy>>;

  async start(): Promise<void> {
    this.#server = await this.#serve();
    this.#proxy = await openTcpProxy(this.#server.endpoint);
    this.#worker = this.#work();
    for (const job of jobs) this.backend.schedule(job, "w1");
  }

  #serve() {
    return startServerLink({
      endpoint: "tcp://127.0.0.1:*",
      version: "1.0",
      backend: this.backend,
      log: this.log.log,
      clock,
    });
  }

  #work(): AsyncDisposable {
    const { book, log } = this;
    return openWorkerLink({
      server: this.#proxy.endpoint,
      name: "w1",
      version: "1.0",
      book,
      log: log.log,
      clock,
      random: () => 0,
    });
  }

  /** The next lines of a job, numbered, as far as it runs. */
  write(job: number, count: number): void {
    const known = this.book.jobs.get(job);
    if (!known || known.end) return;
    const from = this.written.get(job)!;
    this.written.set(job, from + count);
    this.book.write(job, ...Array.from({ length: count }, (_, at) => `- job ${job} line ${from + at}`));
  }

  async take(one: Step): Promise<void> {
    switch (one.do) {
      case "write":
        return this.write(one.job, one.lines);
      case "cut":
        return this.#proxy.cut();
      case "cutAfter":
        return this.#proxy.cutAfter(one.bytes);
      case "blackhole":
        return this.#proxy.blackhole();
      case "hold":
        return this.#proxy.hold();
      case "release":
        return this.#proxy.release();
      case "failStore":
        this.backend.failures = 1;
        return;
      case "cancel":
        this.backend.cancel(one.job);
        return this.#server.poke("w1");
      case "restartServer":
        await this.#server[Symbol.asyncDispose]();
        this.#server = await this.#serve();
        this.#proxy.target = this.#server.endpoint; // its old port may be taken by now
        return;
      case "restartWorker":
        await this.#worker[Symbol.asyncDispose]();
        this.#worker = this.#work();
        return;
      case "turns":
        for (let turn = 0; turn < one.count; turn++) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** All is well again: every job gets to its end. */
  async settle(): Promise<void> {
    this.#proxy.release();
    for (const job of jobs) {
      await this.backend.events.until(() => this.backend.jobs.get(job)?.state !== "Scheduled");
      const known = this.book.jobs.get(job);
      if (known && !known.end) {
        this.write(job, 3);
        this.book.finish(job);
      }
    }
    await this.backend.events.until(() => [...this.backend.jobs.values()].every(({ state }) => state === "Finished"));
    await this.book.events.until(() => this.book.jobs.size === 0);
  }

  /** {@link settle}, or an error with the last words of both sides where it does not end. */
  async settled(): Promise<void> {
    using limit = systemClock.deadline(20_000, "the lab's coming to rest");
    const stuck = rejectOnAbort(limit.signal);
    try {
      await Promise.race([this.settle(), stuck.promise]);
    } catch (error) {
      const jobsNow = [...this.backend.jobs].map(([job, { state, lines }]) => `${job} ${state} ${lines.length} stored`);
      const bookNow = this.book.list().map(({ job, ended }) => `${job} ${ended} ${this.book.lineCount(job)} written`);
      throw new Error([...jobsNow, ...bookNow, ...this.log.all.slice(-30)].join("\n"), { cause: error });
    } finally {
      stuck.off();
    }
  }

  async close(): Promise<void> {
    await this.#worker[Symbol.asyncDispose]();
    await this.#server[Symbol.asyncDispose]();
    await this.#proxy[Symbol.asyncDispose]();
  }
}

describe("whatever happens to line, server and daemon", () => {
  it(
    "every line is stored once and in order, every job starts once and ends once",
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: soak ? 60 : 25 }), async (steps) => {
          const lab = new Lab();
          await lab.start();
          try {
            for (const one of steps) await lab.take(one);
            await lab.settled();
            for (const job of jobs) {
              const { lines, finished, end } = lab.backend.jobs.get(job)!;
              const wanted = Array.from({ length: lab.written.get(job)! }, (_, at) => `- job ${job} line ${at}`);
              const canceled = end?.errorType === "Canceled" ? [`canceled ${job}`] : [];
              expect(lines).toEqual([...wanted, ...canceled]);
              expect(finished).toBe(1);
              expect(lab.book.events.count(`start ${job}`)).toBeLessThanOrEqual(1);
            }
          } finally {
            await lab.close();
          }
        }),
        { numRuns: soak ? 500 : 15, ...(process.env.BASALT_SEED ? { seed: Number(process.env.BASALT_SEED) } : {}) },
      );
    },
    soak ? 1_800_000 : 60_000,
  );
});
