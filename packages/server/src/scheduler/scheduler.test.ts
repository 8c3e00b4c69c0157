import { FakeClock } from "@basalt/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DeviceConfigs, writeDocument } from "../devices/index.js";
import { makeJobLife } from "../jobs/job-life.js";
import { parseAddress } from "../store/address.js";
import { connectStore } from "../store/open-store.js";
import type { DeviceRow, JobRow, LogEntryRow } from "../store/rows.js";
import type { Store } from "../store/store.js";
import { insertJob } from "../submit/insert-job.js";
import { jobColumns } from "../submit/job-columns.js";
import { testStore } from "../testing/test-store.js";
import { runPass, startScheduler } from "./scheduler.js";

const silent = { debug() {}, info() {}, warning() {}, error() {} };
const dictionary = '{% extends "qemu.jinja2" %}\n';
const check = "job_name: check\ntimeouts: {job: {minutes: 5}}\nvisibility: public\nactions: []\n";

let store: Store;
let user: { id: number; username: string };
beforeAll(async () => {
  store = await testStore();
  const [row] = await store.knex("users").insert({ username: "ann" }).returning(["id", "username"]);
  user = row;
  await store.knex("workers").insert({ name: "w1", state: "Online" });
  await store.knex("device_types").insert({ name: "qemu" });
});
afterAll(() => store.close());

async function addDevice(name: string, health = "Good", text: string | null = dictionary): Promise<void> {
  await store.knex("devices").insert({ name, device_type: "qemu", worker: "w1", health });
  if (text !== null) await store.transaction((trx) => writeDocument(trx, { kind: "device", name, text, author: "t" }));
}
const submit = (more: Record<string, unknown> = {}, submitter = user): Promise<number> =>
  store.transaction((trx) =>
    insertJob(trx, {
      submitter,
      columns: jobColumns({ job_name: "j", visibility: "public", ...more } as never),
      type: "qemu",
      definition: "",
      original: "",
      compatibility: 1,
    }),
  );
const options = () => ({
  store,
  configs: new DeviceConfigs(store),
  clock: new FakeClock({ startMs: Date.now() }),
  log: silent,
  random: () => 0.5,
});
const job = async (id: number): Promise<JobRow> => (await store.knex<JobRow>("jobs").where({ id }).first()) as JobRow;
const device = async (name: string): Promise<DeviceRow> =>
  (await store.knex<DeviceRow>("devices").where({ name }).first()) as DeviceRow;

describe("a pass on the database", () => {
  test("gives a device, tells why others wait, and gives it on when the first has ended", async () => {
    await addDevice("d1");
    const [first, second] = [await submit(), await submit()];
    const shared = options();
    expect(await runPass(shared)).toMatchObject({ scheduled: 1, waiting: 1 });
    expect(await job(first)).toMatchObject({ state: "Scheduled", actual_device: "d1", worker: "w1", waits_for: null });
    expect((await job(second)).waits_for).toBe("d1 is given to jobs before it");
    expect((await device("d1")).state).toBe("Reserved");
    await runPass(shared);
    expect((await job(second)).waits_for).toBe(`d1 is busy with job ${first}`);
    const life = makeJobLife(store, shared.clock);
    expect(await life.running(first)).toBe(true);
    expect((await device("d1")).state).toBe("Running");
    expect(await life.running(first)).toBe(false);
    expect(await life.finished(first, { result: "fail", errorType: "Infrastructure", errorMessage: "no power" })).toBe(
      true,
    );
    expect(await job(first)).toMatchObject({ state: "Finished", health: "Incomplete", error_msg: "no power" });
    expect(await device("d1")).toMatchObject({ state: "Idle", health: "Unknown" });
    await runPass(shared);
    expect((await job(second)).state).toBe("Scheduled");
    expect(await life.cancel(second, { author: "ann", reason: "not needed" })).toBe(true);
    expect((await job(second)).state).toBe("Canceling");
    expect(await life.finished(second, { result: "fail", errorType: "Canceled" })).toBe(true);
    expect((await job(second)).health).toBe("Canceled");
    const entries = await store.knex<LogEntryRow>("log_entries").where({ kind: "job", object: String(second) });
    expect(entries.map(({ author, message }) => `${author}: ${message}`)).toEqual([
      "ann: Cancel requested: not needed",
    ]);
  });

  test("a device whose dictionary is broken becomes Bad; one that has none yet gets no job until it has", async () => {
    await addDevice("d2", "Good", "{% extends 'nothing.jinja2' %}");
    await addDevice("d3", "Unknown", null);
    const ids = [await submit({ device: "d2" }), await submit({ device: "d3" })] as const;
    await runPass(options());
    expect((await device("d2")).health).toBe("Bad");
    expect((await job(ids[0])).waits_for).toMatch(/d2 is in health Bad/);
    expect((await device("d3")).health).toBe("Unknown");
    expect((await job(ids[1])).waits_for).toMatch(/^d3 has no dictionary yet/);
    const text = "{% extends 'qemu.jinja2' %}";
    await store.transaction((trx) => writeDocument(trx, { kind: "device", name: "d3", text, author: "t" }));
    await runPass(options());
    expect(await job(ids[1])).toMatchObject({ state: "Scheduled", actual_device: "d3" });
    const entries = await store.knex<LogEntryRow>("log_entries").where({ kind: "device", object: "d2" });
    expect(entries[0]?.message).toMatch(/^Good → Bad \(Invalid device configuration: .*nothing\.jinja2/);
    for (const id of ids) await makeJobLife(store, options().clock).cancel(id, { author: "ann" });
  });

  test("a health check is made, runs alone, and its end is the device's health", async () => {
    await addDevice("d4", "Unknown");
    await store.transaction((trx) =>
      writeDocument(trx, { kind: "health-check", name: "qemu", text: check, author: "t" }),
    );
    const shared = options();
    const report = await runPass(shared);
    expect(report.checks).toBeGreaterThanOrEqual(1);
    const made = (await store
      .knex<JobRow>("jobs")
      .where({ health_check: true, actual_device: "d4" })
      .first()) as JobRow;
    expect(made).toMatchObject({ state: "Scheduled", description: "check", requested_device: "d4", worker: "w1" });
    const life = makeJobLife(store, shared.clock);
    await life.finished(made.id, { result: "fail", errorType: "Job" });
    expect(await device("d4")).toMatchObject({ health: "Bad", last_health_job: made.id, state: "Idle" });
    await store.transaction((trx) =>
      writeDocument(trx, { kind: "health-check", name: "qemu", text: null, author: "t" }),
    );
  });

  test("people take turns on one device", async () => {
    await addDevice("d5");
    const names = [{ username: "bob" }, { username: "carol" }];
    const [bob, carol] = await store.knex("users").insert(names).returning(["id", "username"]);
    const people = [carol, carol, carol, bob, bob];
    const ids: number[] = [];
    for (const submitter of people) ids.push(await submit({ device: "d5" }, submitter));
    const shared = options();
    const life = makeJobLife(store, shared.clock);
    const began: number[] = [];
    for (let turn = 0; turn < ids.length; turn++) {
      await runPass(shared);
      const { id } = (await store
        .knex<JobRow>("jobs")
        .where({ actual_device: "d5", state: "Scheduled" })
        .first()) as JobRow;
      began.push(ids.indexOf(id));
      await shared.clock.advance(1_000);
      await life.running(id);
      await life.finished(id, { result: "pass" });
    }
    expect(began).toEqual([0, 3, 1, 4, 2]);
  });

  test("a job leaves the queue when its time is up", async () => {
    const id = await submit({ device: "d4", timeouts: { queue: { seconds: 30 } } });
    const shared = options();
    const report = await runPass(shared);
    expect(report.nextAt).toBeGreaterThan(shared.clock.now());
    await shared.clock.advance(31_000);
    await runPass(shared);
    expect(await job(id)).toMatchObject({ state: "Finished", health: "Canceled" });
    expect((await job(id)).failure_comment).toMatch(/longer than 30 seconds/);
  });
});

test("two servers on one database schedule each job once, at a notice and not by asking again and again", async () => {
  await using other = await connectStore({ address: parseAddress(store.secretUrl), migrate: false });
  await store.knex("devices").update({ health: "Maintenance" });
  for (let index = 0; index < 10; index++) await addDevice(`n${index}`);
  await using _one = await startScheduler(options());
  await using _two = await startScheduler({ ...options(), store: other, configs: new DeviceConfigs(other) });
  const ids = await Promise.all(Array.from({ length: 10 }, () => submit()));
  await expect
    .poll(
      async () => Number((await store.knex("jobs").whereIn("id", ids).where({ state: "Scheduled" }).count())[0]?.count),
      { timeout: 10_000 },
    )
    .toBe(10);
  const rows = await store.knex<JobRow>("jobs").whereIn("id", ids);
  expect(new Set(rows.map(({ actual_device }) => actual_device)).size).toBe(10);
});
