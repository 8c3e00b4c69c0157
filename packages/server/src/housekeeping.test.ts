import { FakeClock } from "@basalt/testing";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type HousekeepingOptions, keepHouse, makeWatch } from "./housekeeping.js";
import { makeJobLife } from "./jobs/job-life.js";
import type { JobRow, WorkerRow } from "./store/rows.js";
import type { Store } from "./store/store.js";
import { insertJob } from "./submit/insert-job.js";
import { jobColumns } from "./submit/job-columns.js";
import { testStore } from "./testing/test-store.js";

const silent = { debug() {}, info() {}, warning() {}, error() {} };
const long = Number.POSITIVE_INFINITY;

let store: Store;
let clock: FakeClock;
let options: HousekeepingOptions;
let user: { id: number; username: string };
beforeAll(async () => {
  store = await testStore();
  const rows = await store.knex("users").insert({ username: "ann" }).returning(["id", "username"]);
  user = rows[0];
  await store.knex("device_types").insert({ name: "qemu" });
});
afterAll(() => store.close());
beforeEach(async () => {
  clock = new FakeClock({ startMs: Date.now() });
  await store.knex("workers").insert({ name: "w1", state: "Online", last_ping: new Date(clock.now()) });
  options = {
    store,
    life: makeJobLife(store, clock),
    sealer: { sweep: () => Promise.resolve(0) },
    clock,
    log: silent,
    server: { id: "00000000-0000-4000-8000-000000000001", url: "http://a", version: "1", log_folder: "/a" },
    jobLostAfter: 600,
  };
});
afterEach(async () => {
  await store.knex("jobs").delete();
  await store.knex("workers").delete();
  await store.knex("servers").delete();
});

const submit = (): Promise<number> =>
  store.transaction(async (trx) => {
    const columns = jobColumns({ job_name: "j", visibility: "public" } as never);
    const id = await insertJob(trx, {
      submitter: user,
      columns,
      type: "qemu",
      definition: "",
      original: "",
      compatibility: 1,
    });
    await trx<JobRow>("jobs").where({ id }).update({ state: "Running", worker: "w1" });
    return id;
  });
const stateOf = async (name: string) => (await store.knex<WorkerRow>("workers").where({ name }).first())?.state;
const job = async (id: number) => (await store.knex<JobRow>("jobs").where({ id }).first()) as JobRow;

test("a worker that is silent for a minute is offline, its jobs go on; after ten they are given up", async () => {
  const id = await submit();
  await clock.advance(59_000);
  await keepHouse(options, long);
  expect(await stateOf("w1")).toBe("Online");
  await clock.advance(2_000);
  await keepHouse(options, long);
  expect(await stateOf("w1")).toBe("Offline");
  expect(await job(id)).toMatchObject({ state: "Running" });
  await clock.advance(540_000);
  await keepHouse(options, long);
  expect(await job(id)).toMatchObject({ state: "Finished", health: "Incomplete", error_code: "ERR_WORKER_LOST" });
});

test("0 seconds: jobs are never given up", async () => {
  const id = await submit();
  await clock.advance(100 * 86_400_000);
  await keepHouse({ ...options, jobLostAfter: 0 }, long);
  expect(await stateOf("w1")).toBe("Offline");
  expect(await job(id)).toMatchObject({ state: "Running" });
});

test("a server that was away, or whose clock was set, gives workers time to say that they are there", async () => {
  const id = await submit();
  await clock.advance(3_600_000);
  await keepHouse(options, 20_000);
  expect(await stateOf("w1")).toBe("Online");
  await keepHouse(options, 80_000);
  expect(await stateOf("w1")).toBe("Offline");
  expect(await job(id)).toMatchObject({ state: "Running" });
  await keepHouse(options, 600_000);
  expect(await job(id)).toMatchObject({ state: "Finished", error_code: "ERR_WORKER_LOST" });
});

test("a watch begins anew when the clock is set, forward or back; not when it is slewed", () => {
  const hands = { wall: 1_000_000, mono: 50 };
  const watched = makeWatch({ now: () => hands.wall, monotonic: () => hands.mono });
  const pass = (ms: number, stepMs = 0): number => {
    hands.wall += ms + stepMs;
    hands.mono += ms;
    return watched();
  };
  expect(pass(20_000)).toBe(20_000);
  expect(pass(20_000, 10)).toBe(40_000);
  expect(pass(20_000, 3_600_000)).toBe(0);
  expect(pass(20_000)).toBe(20_000);
  expect(pass(20_000, -3_600_000)).toBe(0);
  for (let i = 1; i <= 1_000; i++) expect(pass(20_000, 100)).toBe(i * 20_000);
});

test("a server that others took for gone is there again; those that are gone are forgotten", async () => {
  const gone = "00000000-0000-4000-8000-000000000002";
  await store.knex("servers").insert({ ...options.server, id: gone, seen_on: new Date(Date.now() - 130_000) });
  await keepHouse(options, long);
  expect(await store.knex("servers").pluck("id")).toEqual([options.server.id]);
  await store.knex("servers").delete();
  await keepHouse(options, long);
  expect(await store.knex("servers").pluck("id")).toEqual([options.server.id]);
});

test("a job whose worker was removed is given up, too; one that waits in the queue is not", async () => {
  const [id, queued] = [await submit(), await submit()];
  await store.knex("jobs").where({ id: queued }).update({ state: "Submitted", worker: null });
  await store.knex("workers").delete();
  await keepHouse(options, 599_000);
  expect(await job(id)).toMatchObject({ state: "Running" });
  await keepHouse(options, long);
  expect(await job(id)).toMatchObject({ state: "Finished", error_code: "ERR_WORKER_LOST" });
  expect(await job(queued)).toMatchObject({ state: "Submitted" });
});
