import { FakeClock } from "@basalt/testing";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type TestDesk, testDesk } from "../testing/test-desk.js";
import { startScheduler } from "./scheduler.js";

let lab: TestDesk;
beforeAll(async () => {
  lab = await testDesk();
});
afterAll(() => lab[Symbol.asyncDispose]());
beforeEach(() => lab.device("d1"));
afterEach(async () => {
  await lab.store.knex("jobs").delete();
  await lab.store.knex("devices").delete();
  await lab.store.knex("documents").delete();
});
const check = "job_name: check\ntimeouts: {job: {minutes: 5}}\nvisibility: public\nactions: []\n";
const healthCheck = () =>
  lab.store.knex("documents").insert({ kind: "health-check", name: "qemu", revision: 1, text: check, current: true });
const current = async (): Promise<number> =>
  (await lab.store.knex("jobs").where({ actual_device: "d1" }).whereNot({ state: "Finished" }).first("id"))?.id;

test("a pass that fails half way has done nothing, and is made again before long", async () => {
  await lab.device("d2");
  const jobs = [await lab.submit(), await lab.submit()].flat();
  await lab.store.knex.raw("alter table devices add constraint unlucky check (name <> 'd2' or state = 'Idle')");
  const clock = new FakeClock({ startMs: Date.now() });
  const { store, configs, log } = lab;
  await using _scheduler = await startScheduler({ store, configs, clock, log, random: () => 0.5 });
  await expect.poll(() => lab.logLines.join("\n"), { timeout: 10_000 }).toMatch(/scheduling pass failed: .*unlucky/);
  expect((await lab.job(jobs[0] as number)).state).toBe("Submitted");
  expect((await lab.deviceRow("d1")).state).toBe("Idle");
  await lab.store.knex.raw("alter table devices drop constraint unlucky");
  await expect
    .poll(
      async () => {
        await clock.advance(1_000);
        return Promise.all(jobs.map(async (id) => (await lab.job(id)).state));
      },
      { timeout: 10_000 },
    )
    .toEqual(["Scheduled", "Scheduled"]);
});

test("a looping device has health check after health check, and no job, whatever their end", async () => {
  await healthCheck();
  await lab.store.knex("devices").where({ name: "d1" }).update({ health: "Looping" });
  const [waiting] = await lab.submit();
  const seen = new Set<number>();
  for (const result of ["pass", "fail", "pass"] as const) {
    expect(await lab.pass()).toMatchObject({ checks: 1, scheduled: 0 });
    const id = await current();
    seen.add(id);
    expect(await lab.job(id)).toMatchObject({ health_check: true, state: "Scheduled", worker: "w1" });
    await lab.life.finished(id, { result, ...(result === "fail" ? { errorType: "Infrastructure" } : {}) });
    expect(await lab.deviceRow("d1")).toMatchObject({ state: "Idle", health: "Looping" });
  }
  expect(seen.size).toBe(3);
  expect((await lab.job(waiting)).state).toBe("Submitted");
});

test("a job is told why it waits when its device lost a tag, changed its type or was retired; canceled, it waits no more", async () => {
  const [{ id: tag }] = await lab.store.knex("tags").insert({ name: "usb" }).returning("id");
  await lab.store.knex("device_tags").insert({ device: "d1", tag_id: tag });
  const [id] = await lab.submit({ device: "d1", tags: ["usb"] });
  await lab.store.knex("device_tags").delete();
  await lab.pass();
  expect((await lab.job(id)).waits_for).toBe("no such device has tag usb");
  await lab.store.knex("device_types").insert({ name: "other" });
  await lab.store.knex("devices").where({ name: "d1" }).update({ device_type: "other" });
  await lab.pass();
  expect((await lab.job(id)).waits_for).toBe("there is no device of type qemu");
  await lab.store.knex("devices").where({ name: "d1" }).update({ device_type: "qemu", health: "Retired" });
  await lab.pass();
  expect((await lab.job(id)).waits_for).toBe("there is no device of type qemu: all are retired");
  await lab.life.cancel(id, { author: "ann" });
  expect(await lab.job(id)).toMatchObject({ state: "Finished", health: "Canceled", waits_for: null });
});

test("a device of a hidden type has neither jobs nor health checks", async () => {
  await healthCheck();
  await lab.store.knex("devices").where({ name: "d1" }).update({ health: "Unknown" });
  const [id] = await lab.submit();
  await lab.store.knex("device_types").where({ name: "qemu" }).update({ display: false });
  expect(await lab.pass()).toMatchObject({ checks: 0, scheduled: 0 });
  expect((await lab.job(id)).waits_for).toMatch(/hidden/);
  await lab.store.knex("device_types").where({ name: "qemu" }).update({ display: true });
  expect(await lab.pass()).toMatchObject({ checks: 1, scheduled: 0 });
});

test("an essential member that fails takes its group along; one that is not does not", async () => {
  await lab.device("d2");
  const group = (essential: boolean) =>
    lab.submit({
      device_type: undefined as never,
      protocols: {
        "lava-multinode": {
          roles: { a: { device_type: "qemu", count: 1, essential }, b: { device_type: "qemu", count: 1 } },
        },
      },
      actions: [{ command: { name: "x", role: ["a", "b"] } }],
    });
  for (const essential of [true, false]) {
    const [a, b] = (await group(essential)) as [number, number];
    expect(await lab.pass()).toMatchObject({ scheduled: 2 });
    await lab.life.running(a);
    await lab.life.running(b);
    await lab.life.finished(a, { result: "fail", errorType: "Job" });
    expect((await lab.job(b)).state).toBe(essential ? "Canceling" : "Running");
    await lab.life.finished(b, { result: "pass" });
    expect((await lab.job(b)).health).toBe(essential ? "Canceled" : "Complete");
  }
});
