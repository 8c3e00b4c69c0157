import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatLogLine, type ResultRecord, systemClock } from "@basalt/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type LogStore, localLogStore } from "../logs/index.js";
import type { JobRow, TestCaseRow } from "../store/rows.js";
import type { Store } from "../store/store.js";
import { testStore } from "../testing/test-store.js";
import { makeLogIntake } from "./log-intake.js";
import { parseResult, resultLines } from "./parse-result.js";

const dt = "2026-08-01T10:00:00.123000+00:00";
const log = (msg: string): string => formatLogLine({ dt, lvl: "target", msg });
const result = (more: Partial<ResultRecord>): string =>
  formatLogLine({ dt, lvl: "results", msg: { definition: "0_smoke", case: "uname", result: "pass", ...more } });
const parse = (line: string) => parseResult({ line: 3, text: line });

describe("a results line", () => {
  test("is read as its writer meant it", () => {
    expect(parse(result({ measurement: 3.5, units: "s", set: "net", starttc: 4, endtc: 9 }))).toEqual({
      line: 3,
      suite: "0_smoke",
      set: "net",
      name: "uname",
      result: "pass",
      measurement: "3.5",
      units: "s",
      metadata: expect.stringContaining('"starttc":4'),
      startLine: 4,
      endLine: 9,
      logged: new Date(dt),
    });
  });

  test.each<[string, Partial<ResultRecord>, Record<string, unknown>]>([
    [
      "an action's duration is its measurement",
      { definition: "lava", duration: "1.25" },
      { measurement: "1.25", units: "seconds" },
    ],
    ["an action without duration", { definition: "lava" }, { measurement: null, units: "" }],
    ["text where a number belongs", { measurement: "fast" }, { measurement: null }],
    ["a number too large for the table", { measurement: "1e40" }, { measurement: null }],
    ["a number with more places than the table knows", { measurement: "1e-9999" }, { measurement: null }],
    ["a line number that is none", { starttc: (2 ** 40) as never }, { startLine: null }],
    ["a suite with what no table takes", { definition: "a\u0000b" }, { suite: "a_ctrl-char_b" }],
    ["a suite whose name is too long", { definition: "s".repeat(5_000) }, { suite: "s".repeat(200) }],
    ["control characters", { case: "a\u0007b" }, { name: "a_ctrl-char_b" }],
    ["a set that URLs can't hold", { set: "a/b" }, { set: null, remark: 'Invalid set name "a/b"' }],
    ["tricky text", { error_msg: 'say: ! "5"' } as never, { metadata: expect.stringContaining('say: ! \\"5\\"') }],
  ])("%s", (_what, more, expected) => {
    expect(parse(result(more))).toMatchObject(expected);
  });

  test("of LAVA's writer is read, too", () => {
    const line = `- {"dt": "2026-08-01T10:00:00.1", "lvl": "results", "msg": {"case": "job", "definition": "lava", "result": "fail", "error_type": "Job", "extra": !!null "null", "starttc": ! "7"}}`;
    expect(parse(line)).toMatchObject({ suite: "lava", name: "job", result: "fail", startLine: 7 });
  });

  test("that is none is dropped", () => {
    expect(parse(log("x"))).toBeUndefined();
    expect(parse('- {"lvl": "results", "msg": {"definition": "a"}}')).toBeUndefined();
    expect(parse(result({ result: "maybe" as never }))).toBeUndefined();
    expect(parse('- {"lvl": "results", "msg": {"definition"')).toBeUndefined();
  });

  test("that is too long is cut to what it is about", () => {
    const made = parse(result({ result: "fail", error_msg: "e".repeat(900), extra: ["x".repeat(5_000)] }));
    expect(JSON.parse(made?.metadata ?? "")).toEqual({
      definition: "0_smoke",
      case: "uname",
      result: "fail",
      error_msg: "e".repeat(256),
    });
    expect(made?.remark).toMatch(/too long/);
  });

  test("is found among others, with its number, and not in what a board says", () => {
    const body = Buffer.from(
      `${[log("a"), result({}), log('"lvl": "results"'), log("é"), result({ case: "b" })].join("\n")}\n`,
    );
    expect(resultLines(body, 100).map(({ line, text }) => [line, parseResult({ line, text })?.name])).toEqual([
      [101, "uname"],
      [104, "b"],
    ]);
  });
});

describe("on the database", () => {
  let store: Store;
  let root = "";
  let logs: LogStore;
  const silent = { debug() {}, info() {}, warning() {}, error() {} };
  const intake = () => makeLogIntake({ store, logs, clock: systemClock, log: silent });
  beforeAll(async () => {
    store = await testStore();
    root = await mkdtemp(join(tmpdir(), "basalt-intake-"));
    logs = localLogStore({ folder: root });
    await store.knex("users").insert({ username: "ann" });
  });
  afterAll(async () => {
    await logs[Symbol.asyncDispose]();
    await store.close();
    await rm(root, { recursive: true, force: true });
  });
  async function newJob(): Promise<number> {
    const [row] = await store
      .knex<JobRow>("jobs")
      .insert({ submitter: 2, description: "", definition: "", original_definition: "" })
      .returning("id");
    return (row as { id: number }).id;
  }

  test("a log that ends before its count is told, and not looked through for ever", async () => {
    const job = await newJob();
    const cut: LogStore = {
      ...logs,
      count: async () => 5,
      page: async (_job, { start }) => ({ start, next: start, text: Buffer.alloc(0) }),
    };
    await using reader = makeLogIntake({ store, logs: cut, clock: systemClock, log: silent });
    await expect(reader.settle(job)).rejects.toMatchObject({ code: "ERR_LOG_STORE", kind: "infrastructure" });
  });
  const body = (...lines: string[]): Buffer => Buffer.from(lines.map((line) => `${line}\n`).join(""));
  const cases = (job: number): Promise<(TestCaseRow & { suite: string; set: string | null })[]> =>
    store
      .knex("test_cases as c")
      .join("test_suites as s", "s.id", "c.suite_id")
      .leftJoin("test_sets as t", "t.id", "c.set_id")
      .where("s.job_id", job)
      .orderBy("c.id")
      .select("c.*", "s.name as suite", "t.name as set");

  test("results come to the tables once, however often their lines come", async () => {
    const job = await newJob();
    await using taker = intake();
    const grown: number[] = [];
    taker.onGrown(({ lines }) => grown.push(lines));
    const first = body(
      log("boot"),
      result({ case: "a", set: "net" }),
      result({ case: "b", definition: "lava", duration: "2" }),
    );
    expect(await taker.append(job, 0, first, 3)).toEqual({ next: 3 });
    expect(await taker.append(job, 0, first, 3)).toEqual({ next: 3 });
    await taker.append(job, 3, body(result({ case: "c", result: "fail", set: "a/b" })), 1);
    await taker.settle(job);
    expect(
      (await cases(job)).map(({ suite, set, name, result: verdict, log_line }) => [
        suite,
        set,
        name,
        verdict,
        log_line,
      ]),
    ).toEqual([
      ["0_smoke", "net", "a", "pass", 1],
      ["lava", null, "b", "pass", 2],
      ["0_smoke", null, "c", "fail", 3],
    ]);
    expect((await cases(job))[1]).toMatchObject({ measurement: "2.0000000000", units: "seconds" });
    expect(await store.knex("jobs").where({ id: job }).first("log_lines", "failure_comment")).toEqual({
      log_lines: 4,
      failure_comment: 'Invalid set name "a/b"',
    });
    expect(grown).toEqual([3, 4]);
  });

  test("a server that died between disk and tables makes good when the next line comes, or when the job ends", async () => {
    const job = await newJob();
    await logs.append(job, { from: 0, count: 2, body: body(result({ case: "a" }), log("x")) });
    await using taker = intake();
    await taker.append(job, 2, body(result({ case: "b" })), 1);
    await taker.settle(job);
    expect((await cases(job)).map(({ name }) => name)).toEqual(["a", "b"]);
    const other = await newJob();
    await logs.append(other, { from: 0, count: 1, body: body(result({ case: "a" })) });
    await taker.settle(other);
    expect(await cases(other)).toHaveLength(1);
  });

  test("two servers that take the same lines store them once", async () => {
    const job = await newJob();
    await using one = intake();
    await using two = intake();
    const lines = body(...Array.from({ length: 50 }, (_, index) => result({ case: `c${index}` })));
    await Promise.all([one.append(job, 0, lines, 50), two.append(job, 0, lines, 50)]);
    await Promise.all([one.settle(job), two.settle(job)]);
    expect(await cases(job)).toHaveLength(50);
  });

  test("a database that fails for a while costs no result", async () => {
    const job = await newJob();
    let failures = 3;
    const shaky: Store = {
      ...store,
      transaction: (work, options) =>
        failures-- > 0 ? Promise.reject(new Error("away")) : store.transaction(work, options),
    };
    const quick = { ...systemClock, sleep: () => Promise.resolve() };
    await using taker = makeLogIntake({ store: shaky, logs, clock: quick, log: silent });
    await taker.append(job, 0, body(result({ case: "a" })), 1);
    await taker.settle(job);
    expect(await cases(job)).toHaveLength(1);
    expect(failures).toBeLessThan(0);
  });

  test("a result that the tables refuse is left out, and said; all others of all jobs get in", async () => {
    const [job, other] = [await newJob(), await newJob()];
    // the one line that no check of ours knew of: the table itself refuses it
    await store.knex.raw("alter table test_cases add constraint unlucky check (name <> 'thirteen')");
    await using taker = intake();
    const lines = Array.from({ length: 30 }, (_, index) => result({ case: index === 13 ? "thirteen" : `c${index}` }));
    await Promise.all([
      taker.append(job, 0, body(...lines), 30),
      taker.append(other, 0, body(result({ case: "fine" })), 1),
    ]);
    await Promise.all([taker.settle(job), taker.settle(other)]);
    await store.knex.raw("alter table test_cases drop constraint unlucky");
    expect((await cases(job)).map(({ log_line }) => log_line)).toEqual(
      Array.from({ length: 30 }, (_, index) => index).filter((index) => index !== 13),
    );
    expect(await cases(other)).toHaveLength(1);
    const row = await store.knex("jobs").where({ id: job }).first("log_lines", "failure_comment");
    expect(row).toMatchObject({ log_lines: 30, failure_comment: expect.stringContaining("line 13") });
  });

  test("lines whose storing failed bring their results when they come again", async () => {
    const job = await newJob();
    let fails = true;
    const flaky: LogStore = {
      ...logs,
      // stored, but nobody heard of it
      append: async (...lines) => {
        const added = await logs.append(...lines);
        if (!fails) return added;
        fails = false;
        throw new Error("EIO");
      },
    };
    await using taker = makeLogIntake({ store, logs: flaky, clock: systemClock, log: silent });
    const lines = body(result({ case: "a" }), log("x"), result({ case: "b" }));
    await expect(taker.append(job, 0, lines, 3)).rejects.toThrow("EIO");
    expect(await taker.append(job, 0, lines, 3)).toEqual({ next: 3 });
    await taker.settle(job);
    expect((await cases(job)).map(({ name }) => name)).toEqual(["a", "b"]);
  });

  test("settling a job of which nothing came, or that is gone, ends; again does nothing", async () => {
    const job = await newJob();
    await using taker = intake();
    await taker.settle(job);
    await taker.settle(job);
    await taker.settle(2_000_000);
    expect(await cases(job)).toEqual([]);
    expect(await logs.count(job)).toBe(0);
  });

  test("a server that stops while its database is away stops, and says that it was not done", async () => {
    const job = await newJob();
    const gone: Store = { ...store, transaction: () => Promise.reject(new Error("away")) };
    const taker = makeLogIntake({ store: gone, logs, clock: systemClock, log: silent });
    await taker.append(job, 0, body(result({ case: "a" })), 1);
    const settled = taker.settle(job).catch((error: unknown) => error);
    await taker[Symbol.asyncDispose]();
    expect(await settled).toMatchObject({ code: "ERR_SERVER_STOPS" });
    await using next = intake();
    await next.settle(job);
    expect(await cases(job)).toHaveLength(1);
  });

  test("many jobs' lines in many pieces at once: every result once, in the order of its line", async () => {
    const jobs = await Promise.all(Array.from({ length: 8 }, newJob));
    await using taker = intake();
    const feed = async (job: number): Promise<void> => {
      for (let from = 0; from < 120; from += 12) {
        const lines = Array.from({ length: 12 }, (_, index) =>
          index % 3 === 0 ? log("x") : result({ case: `c${from + index}` }),
        );
        await taker.append(job, from, body(...lines), 12);
        if (from % 36 === 0) await taker.append(job, from, body(...lines), 12);
      }
      await taker.settle(job);
    };
    await Promise.all(jobs.map(feed));
    const expected = Array.from({ length: 120 }, (_, index) => index).filter((index) => (index % 12) % 3 !== 0);
    for (const job of jobs) expect((await cases(job)).map(({ log_line }) => log_line)).toEqual(expected);
  });
});
