import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type DaemonLog,
  defineAction,
  definePlugin,
  defineStrategy,
  type JsonObject,
  type ServerMessage,
} from "@basalt/core";
import type { SessionMessage } from "@basalt/link";
import type { PluginCatalog } from "@basalt/plugin-loader";
import { FakeClock } from "@basalt/testing";
import { DeviceConfigs, writeDocument } from "../devices/index.js";
import { makeJobLife } from "../jobs/job-life.js";
import { makeLogSealer } from "../jobs/seal-logs.js";
import { makeLabBackend } from "../link/lab-backend.js";
import { makeLogLanes } from "../link/log-lanes.js";
import { makeWorkerDesk } from "../link/worker-desk.js";
import { localLogStore } from "../logs/index.js";
import { readPeople } from "../people/read-rights.js";
import type { Person } from "../people/rights.js";
import { makeLogIntake } from "../results/index.js";
import { runPass } from "../scheduler/index.js";
import type { DeviceRow, JobRow } from "../store/rows.js";
import { submitJob } from "../submit/submit-job.js";
import { testStore } from "./test-store.js";

const plugin = definePlugin({
  name: "@basalt/test-command",
  strategies: [
    defineStrategy({
      section: "command",
      method: "command",
      compatibility: 3,
      schema: { required: ["name"], properties: { name: { type: "string" } } },
      plan: () =>
        defineAction({ name: "cmd", summary: "nothing", reads: {}, needs: {}, writes: {}, run: async () => {} }),
    }),
    defineStrategy({
      section: "deploy",
      method: "test",
      compatibility: 1,
      schema: { additionalProperties: true },
      plan: () =>
        defineAction({ name: "dep", summary: "nothing", reads: {}, needs: {}, writes: {}, run: async () => {} }),
    }),
  ],
});
/** `command` blocks, and deploys to `test`, that do nothing. */
export const testCatalog: PluginCatalog = {
  manifests: [],
  load: async () => [plugin],
  loadAllForJobs: async () => [plugin],
};

/** A server's side of the link on a real database and real logs; workers are desks that a test speaks at. */
export async function testDesk() {
  const store = await testStore();
  const folder = await mkdtemp(join(tmpdir(), "basalt-desk-"));
  const clock = new FakeClock({ startMs: Date.now() });
  const lines: string[] = [];
  const keep = (message: string, fields: JsonObject = {}): void =>
    void lines.push(`${message} ${JSON.stringify(fields)}`);
  const log: DaemonLog = { debug: keep, info: keep, warning: keep, error: keep };
  const logs = localLogStore({ folder });
  const intake = makeLogIntake({ store, logs, clock, log });
  const life = makeJobLife(store, clock);
  const sealer = makeLogSealer({ store, logs, intake, log });
  const configs = new DeviceConfigs(store);
  const shared = { store, configs, catalog: testCatalog, version: "1.2.3", life, intake, logs, sealer, clock, log };
  const backendOf = (autoRegister: boolean, serverId = "00000000-0000-4000-8000-000000000001") =>
    makeLabBackend({ ...shared, serverId, autoRegister });
  const backend = backendOf(false);
  await store.knex("workers").insert(["w1", "w2"].map((name) => ({ name, state: "Online" })));
  await store.knex("device_types").insert({ name: "qemu" });
  const [{ id: user }] = await store.knex("users").insert({ username: "ann" }).returning("id");
  const person = (await readPeople(store.knex, [user])).get(user) as Person;

  /** Changes a device's dictionary. */
  const write = (name: string, text: string): Promise<unknown> =>
    store.transaction((trx) => writeDocument(trx, { kind: "device", name, text, author: "t" }));

  async function device(name: string, { worker = "w1", text = '{% extends "qemu.jinja2" %}\n', type = "qemu" } = {}) {
    await store.knex("devices").insert({ name, device_type: type, worker, health: "Good" });
    await write(name, text);
  }

  /** A session with a worker, as far as its desk sees it. */
  function connect(name: string, jobs: readonly number[] = []) {
    const sent: ServerMessage[] = [];
    const send = (message: ServerMessage): boolean => sent.push(message) > 0;
    const lanes = makeLogLanes({
      backend,
      stored: (job, _worker, next) => send({ type: "LOG_OK", job, next }),
      failed: (job, _worker, error) => log.error(`lane ${job} ${error.message}`),
    });
    const desk = makeWorkerDesk({
      session: { id: `${name}-1`, name, version: "1.2.3", jobs },
      backend,
      lanes,
      log,
      clock,
      complain: (_key, message) => log.warning(message),
      send,
    });
    return {
      sent,
      /** What was sent since the last look at it, in few words. */
      take: (): string[] =>
        sent.splice(0).map((message) => {
          const { type, job, next } = message as { type: string; job?: number; next?: number };
          return `${type} ${job ?? ""}${next === undefined ? "" : ` ${next}`}`;
        }),
      async say(...messages: SessionMessage[]): Promise<void> {
        for (const message of messages) desk.message(message);
        await desk.idle();
        await lanes.idle();
      },
      async look(): Promise<void> {
        desk.look();
        await desk.idle();
      },
    };
  }

  return {
    ...shared,
    backend,
    backendOf,
    person,
    folder,
    logLines: lines,
    device,
    write,
    connect,
    pass: () => runPass({ store, configs, clock, log, random: () => 0.5 }),
    submit: async (more: JsonObject = {}) => {
      const text = JSON.stringify({
        job_name: "a test",
        device_type: "qemu",
        visibility: "public",
        timeouts: { job: { minutes: 5 }, action: { minutes: 1 }, connection: { minutes: 1 } },
        actions: [{ command: { name: "hello" } }],
        ...more,
      });
      return (await submitJob({ store, configs, catalog: testCatalog }, { person, text })).jobs as [
        number,
        ...number[],
      ];
    },
    job: async (id: number): Promise<JobRow> => (await store.knex<JobRow>("jobs").where({ id }).first()) as JobRow,
    deviceRow: async (name: string): Promise<DeviceRow> =>
      (await store.knex<DeviceRow>("devices").where({ name }).first()) as DeviceRow,
    async [Symbol.asyncDispose]() {
      await backend.idle();
      await intake[Symbol.asyncDispose]();
      await logs[Symbol.asyncDispose]();
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export type TestDesk = Awaited<ReturnType<typeof testDesk>>;
