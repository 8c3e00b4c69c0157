import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { silentDaemonLog, systemClock } from "@basalt/core";
import { type JobView, openLab, submitJob, writeDocument } from "@basalt/server";
import { testStore } from "@basalt/server/testing";
import { startWorker } from "@basalt/worker";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findPlugins } from "../plugins/plugin-catalog.js";
import { fakeJob, openBench } from "../testing/bench.js";
import { type BuiltCommand, buildCommand } from "../testing/build-command.js";

// Server and worker in this process, over a real link and a real database; each job a process of the command.

let built: BuiltCommand;
beforeAll(async () => {
  built = await buildCommand();
});
afterAll(() => built[Symbol.dispose]());

const dictionary = (powerLog: string): string => `
hostname: fake1
devicetype: fake
constants: {}
parameters: {}
power: {driver: fake-outlet, file: ${powerLog}}
actions: {boot: {methods: {fake: null}}}
timeouts: {actions: {}, connections: {}}
`;

test("a job is scheduled, runs in a process of its own, and its log, results and end come to the server", async () => {
  using bench = openBench();
  await using store = await testStore();
  const config = { folder: bench.folder, plugins: [], dispatcher: {}, templates: [], extraContext: [] };
  const catalog = await findPlugins({ cwd: bench.folder, plugins: [built.plugin], config });
  const shared = { clock: systemClock, log: silentDaemonLog, version: "0.1.0" };
  await using lab = await openLab({
    ...shared,
    store,
    catalog,
    stateFolder: join(bench.folder, "server"),
    url: "http://127.0.0.1:0",
    endpoint: "tcp://127.0.0.1:*",
    autoRegister: true,
  });
  await using _worker = await startWorker({
    ...shared,
    server: lab.link?.endpoint ?? "",
    name: "w1",
    stateFolder: join(bench.folder, "worker"),
    command: [process.execPath, built.script, "job-process", "--plugin", built.plugin],
  });
  const powerLog = join(bench.folder, "power.log");
  await expect.poll(() => lab.link?.connected(), { timeout: 10_000 }).toEqual(["w1"]);
  await store.knex("users").insert({ username: "ann", is_superuser: true });
  const person = {
    id: 2,
    username: "ann",
    isSuperuser: true,
    isStaff: true,
    groups: new Set<number>(),
    permissions: new Set<string>(),
  };
  await store.knex("device_types").insert({ name: "fake" });
  await store.knex("devices").insert({ name: "fake1", device_type: "fake", worker: "w1", health: "Good" });
  await store.transaction((trx) =>
    writeDocument(trx, { kind: "device", name: "fake1", text: dictionary(powerLog), author: "t" }),
  );
  const submit = (job: object) =>
    submitJob({ store, configs: lab.configs, catalog }, { person, text: JSON.stringify(job) });
  const row = (id: number | undefined): Promise<JobView> => store.knex("jobs").where({ id }).first();

  const good = await submit(fakeJob([{ do: "pass" }, { do: "result", name: "uname", result: "pass" }]));
  const bad = await submit(fakeJob([{ do: "fail", kind: "job" }]));
  await expect.poll(async () => (await row(bad.jobs[0])).state, { timeout: 30_000 }).toBe("Finished");
  expect(await row(good.jobs[0])).toMatchObject({
    state: "Finished",
    health: "Complete",
    actual_device: "fake1",
    worker: "w1",
  });
  expect(await row(bad.jobs[0])).toMatchObject({ health: "Incomplete", error_type: "Job" });
  const id = good.jobs[0] ?? 0;
  const log = (await lab.logs.range(id, 0, 10_000)).toString();
  expect(log).toMatch(/start: 1\.1\.2 fake-pass/);
  expect(await lab.logs.getText(id, "description.yaml")).toMatch(/pipeline/);
  const cases = await store
    .knex("test_cases as c")
    .join("test_suites as s", "s.id", "c.suite_id")
    .where("s.job_id", id)
    .select("c.name", "c.result");
  expect(cases).toContainEqual({ name: "job", result: "pass" });
  expect(cases).toContainEqual({ name: "uname", result: "pass" });
  expect(await store.knex("devices").first("state", "health")).toEqual({ state: "Idle", health: "Good" });
  expect(readFileSync(powerLog, "utf8").trim().split("\n")).toEqual(["on", "off", "on", "off"]);
  await expect.poll(() => existsSync(join(bench.folder, "worker/jobs", String(id)))).toBe(false);

  const hanging = await submit(fakeJob([{ do: "hang" }]));
  await expect
    .poll(async () => (await lab.logs.range(hanging.jobs[0] ?? 0, 0, 10_000)).toString(), { timeout: 30_000 })
    .toContain("start: 1.1.2 fake-hang");
  await lab.life.cancel(hanging.jobs[0] ?? 0, { author: "ann" });
  await expect.poll(async () => (await row(hanging.jobs[0])).state, { timeout: 30_000 }).toBe("Finished");
  expect(await row(hanging.jobs[0])).toMatchObject({ health: "Canceled" });
  expect(readFileSync(powerLog, "utf8").trim().split("\n").at(-1)).toBe("off");
}, 120_000);
