import { randomUUID } from "node:crypto";
import { systemClock } from "@basalt/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DeviceConfigs, writeDocument } from "../devices/index.js";
import { runPass } from "../scheduler/index.js";
import { parseAddress } from "../store/address.js";
import { connectStore } from "../store/open-store.js";
import { type DeviceRow, deviceHealths, type JobRow } from "../store/rows.js";
import type { Store } from "../store/store.js";
import { insertJob } from "../submit/insert-job.js";
import { jobColumns } from "../submit/job-columns.js";
import { testStore } from "../testing/test-store.js";
import { makeJobLife } from "./job-life.js";

// Several server processes at one database, each doing at random what servers do; the database itself watches what must never be.

const total = process.env.BASALT_SOAK ? 100_000 : 1_500;
const servers = 3;
const perServer = 3;
const devices = 6;
const silent = { debug() {}, info() {}, warning() {}, error() {} };

/** Refuses a state that goes back, an end that is undone, and two jobs that begin on one device. */
const watch = `
create function order_of(state text) returns int language sql immutable as $$
  select array_position(array['Submitted', 'Scheduling', 'Scheduled', 'Running', 'Canceling', 'Finished'], state) $$;
create function watch_jobs() returns trigger language plpgsql as $$ begin
  if order_of(new.state) < order_of(old.state) then raise exception 'job % goes back from % to %', old.id, old.state, new.state; end if;
  if old.state = 'Finished' and new.health <> old.health then raise exception 'job % ends twice', old.id; end if;
  if old.actual_device is not null and new.actual_device is distinct from old.actual_device then raise exception 'job % changes its device', old.id; end if;
  return new; end $$;
create trigger watch_jobs before update on jobs for each row execute function watch_jobs();`;

let store: Store;
let views: Store[];
let user: { id: number; username: string };
beforeAll(async () => {
  store = await testStore();
  views = await Promise.all(
    Array.from({ length: servers }, () => connectStore({ address: parseAddress(store.secretUrl) })),
  );
  await store.knex.raw(watch);
  const users = await store.knex("users").insert({ username: "ann" }).returning(["id", "username"]);
  user = users[0];
  await store.knex("workers").insert(["w0", "w1"].map((name) => ({ name, state: "Online", job_limit: 2 })));
  await store.knex("device_types").insert([{ name: "t0" }, { name: "t1", job_limit: 2 }]);
  for (let index = 0; index < devices; index++) {
    const name = `d${index}`;
    await store.knex("devices").insert({ name, device_type: `t${index % 2}`, worker: `w${index % 2}`, health: "Good" });
    const text = '{% extends "qemu.jinja2" %}\n';
    await store.transaction((trx) => writeDocument(trx, { kind: "device", name, text, author: "t" }));
  }
  const check = "job_name: check\ntimeouts: {job: {minutes: 5}}\nvisibility: public\nactions: []\n";
  await store.transaction((trx) =>
    writeDocument(trx, { kind: "health-check", name: "qemu", text: check, author: "t" }),
  );
});
afterAll(async () => {
  for (const view of views) await view.close();
  await store.close();
});

/** Numbers that a seed gives. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function actor(view: Store, random: () => number) {
  const life = makeJobLife(view, systemClock);
  const configs = new DeviceConfigs(view);
  const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(random() * list.length)];
  const some = async (...states: string[]): Promise<number> =>
    pick<number>(await view.knex("jobs").whereIn("state", states).orderBy("id").limit(20).pluck("id")) ?? 1;

  const insert = (count: number): Promise<void> =>
    view.transaction(async (trx) => {
      const group = randomUUID();
      for (let index = 0; index < count; index++)
        await insertJob(trx, {
          submitter: user,
          columns: jobColumns({ job_name: "j", visibility: "public", priority: Math.floor(random() * 100) } as never),
          type: `t${index % 2}`,
          definition: "",
          original: "",
          compatibility: 1,
          ...(count === 1
            ? {}
            : {
                member: {
                  group,
                  role: `r${index}`,
                  essential: index === 0,
                  hostRole: null,
                  multinodeDefinition: "",
                },
              }),
        });
    });
  const end = async (id: number): Promise<unknown> =>
    random() < 0.5
      ? life.finished(id, { result: "pass" })
      : life.finished(id, { result: "fail", errorType: random() < 0.3 ? "Infrastructure" : "Job", errorMessage: "m" });

  const events: readonly [number, () => Promise<unknown>][] = [
    [3, () => insert(1)],
    [1, () => insert(2)],
    [5, () => runPass({ store: view, configs, clock: systemClock, log: silent, random })],
    [4, async () => life.running(await some("Scheduled", "Running"))],
    [6, async () => end(await some("Scheduled", "Running", "Canceling"))],
    [1, async () => end(await some("Finished"))],
    [2, async () => life.cancel(await some("Submitted", "Scheduled", "Running"), { author: "ann" })],
    [1, async () => life.fail(await some("Running", "Canceling"), { author: "root", reason: "stuck" })],
    [
      1,
      () =>
        view
          .knex("devices")
          .where({ name: `d${Math.floor(random() * devices)}` })
          .update({ health: pick(deviceHealths) }),
    ],
    [2, () => view.knex("devices").whereIn("health", ["Bad", "Maintenance", "Retired"]).update({ health: "Good" })],
    [
      1,
      () =>
        view
          .knex("workers")
          .where({ name: "w1" })
          .update({ state: random() < 0.3 ? "Offline" : "Online" }),
    ],
  ];
  const weight = events.reduce((sum, [each]) => sum + each, 0);
  return async (): Promise<unknown> => {
    let at = random() * weight;
    for (const [each, event] of events) {
      at -= each;
      if (at < 0) return event();
    }
    return undefined;
  };
}

/** What has to be true whenever nobody is in the middle of something, in one look. */
async function broken(): Promise<unknown[]> {
  const { rows } = await store.knex.raw(`
    select 'device ' || d.name || ' is ' || d.state || ' with job ' || coalesce(j.id || ' in ' || j.state, 'none') as what
      from devices d left join jobs j on j.actual_device = d.name and j.state <> 'Finished'
      where (d.state = 'Idle') <> (j.id is null) or (d.state = 'Running') and j.state not in ('Running', 'Canceling')
         or (d.state = 'Reserved') and j.state not in ('Scheduling', 'Scheduled', 'Canceling')
    union all select 'job ' || id || ' is Finished without end, start or health' from jobs
      where state = 'Finished' and (end_time is null or start_time is null or health = 'Unknown')
    union all select 'job ' || id || ' is in ' || state || ' and waits for ' || waits_for from jobs
      where state <> 'Submitted' and waits_for is not null
    union all select 'job ' || id || ' is ' || state || ' without device or worker' from jobs
      where state in ('Scheduled', 'Running') and (actual_device is null or worker is null)
    union all select 'group ' || target_group || ' is half given out' from jobs where target_group is not null
      group by target_group having bool_or(state = 'Submitted') and bool_or(state in ('Scheduled', 'Running'))`);
  return rows;
}

test(`after any of ${total} random events of ${servers} servers at once the database is as it has to be, and nothing fails`, async () => {
  const seed = Number(process.env.BASALT_SEED ?? Date.now() % 2 ** 31);
  if (process.env.BASALT_SOAK) console.log(`seed ${seed}`);
  const actors = Array.from({ length: servers * perServer }, (_, index) =>
    actor(views[index % servers] as Store, randomOf(seed + index)),
  );
  const rounds = Math.max(4, Math.floor(total / 600));
  for (let round = 0; round < rounds; round++) {
    await Promise.all(
      actors.map(async (act) => {
        for (let step = 0; step < total / rounds / actors.length; step++) await act();
      }),
    );
    expect(await broken(), `seed ${seed}`).toEqual([]);
  }
  // nothing is stuck: all of it can be brought to its end
  await store.knex("devices").update({ health: "Good" });
  await store.knex("workers").update({ state: "Online" });
  const life = makeJobLife(store, systemClock);
  const configs = new DeviceConfigs(store);
  for (;;) {
    const report = await runPass({ store, configs, clock: systemClock, log: silent });
    const open = await store.knex<JobRow>("jobs").whereIn("state", ["Scheduled", "Running", "Canceling"]).pluck("id");
    if (report.scheduled + report.checks + open.length === 0) break;
    for (const id of open) await life.finished(id, { result: "pass" });
  }
  expect(await broken(), `seed ${seed}`).toEqual([]);
  expect(await store.knex("jobs").whereNot({ state: "Finished" }).select("id", "state", "waits_for")).toEqual([]);
  expect((await store.knex<DeviceRow>("devices").distinct("state")) as unknown).toEqual([{ state: "Idle" }]);
}, 150_000);
