import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, type DaemonLog, type JsonObject, systemClock } from "@basalt/core";
import { DeviceConfigs, writeDocument } from "../devices/index.js";
import { makeJobLife } from "../jobs/job-life.js";
import { localLogStore } from "../logs/index.js";
import { readPeople } from "../people/read-rights.js";
import type { Person } from "../people/rights.js";
import { makeLogIntake } from "../results/index.js";
import type { ServiceSettings } from "../services/context.js";
import { makeServices } from "../services/make-services.js";
import { commandCatalog } from "./command-catalog.js";
import { testStore } from "./test-store.js";

/** A log that keeps what it was told, as text. */
export function keepingLog(): { readonly log: DaemonLog; readonly lines: string[] } {
  const lines: string[] = [];
  const write = (message: string, fields: JsonObject = {}): void =>
    void lines.push(`${message} ${JSON.stringify(fields)}`);
  return { log: { debug: write, info: write, warning: write, error: write }, lines };
}

/** A job for the devices of {@link testServices}. */
export const jobText = (more: JsonObject = {}): string =>
  JSON.stringify({
    job_name: "a test",
    device_type: "qemu",
    visibility: "public",
    timeouts: { job: { minutes: 5 }, action: { minutes: 1 }, connection: { minutes: 1 } },
    actions: [{ command: { name: "hello" } }],
    ...more,
  });

/** Services on a database and logs of their own: type qemu with device d1 on worker w1, and people by name. */
export async function testServices({
  settings = {},
  clock = systemClock,
}: {
  readonly settings?: ServiceSettings;
  readonly clock?: Clock;
} = {}) {
  const store = await testStore();
  const folder = await mkdtemp(join(tmpdir(), "basalt-services-"));
  const logs = localLogStore({ folder });
  const { log, lines } = keepingLog();
  const intake = makeLogIntake({ store, logs, clock, log });
  const configs = new DeviceConfigs(store);
  const life = makeJobLife(store, clock);
  const services = makeServices({
    store,
    configs,
    catalog: commandCatalog(1),
    logs,
    intake,
    life,
    clock,
    log,
    options: settings,
  });
  await store.knex("workers").insert({ name: "w1", state: "Online" });
  await store.knex("device_types").insert({ name: "qemu" });

  async function device(name: string): Promise<void> {
    await store.knex("devices").insert({ name, device_type: "qemu", worker: "w1", health: "Good" });
    const text = '{% extends "qemu.jinja2" %}\n';
    await store.transaction((trx) => writeDocument(trx, { kind: "device", name, text, author: "t" }));
  }
  await device("d1");

  /** A user that was not there before, as the rules see them. */
  async function person(
    username: string,
    { superuser = false, groups = [] as readonly string[] } = {},
  ): Promise<Person> {
    const [row] = await store.knex("users").insert({ username, is_superuser: superuser }).returning("id");
    for (const name of groups) {
      await store.knex("groups").insert({ name }).onConflict("name").ignore();
      const group = await store.knex("groups").where({ name }).first("id");
      await store.knex("user_groups").insert({ user_id: row.id, group_id: group.id });
    }
    return (await readPeople(store.knex, [row.id])).get(row.id) as Person;
  }

  return {
    store,
    services,
    logs,
    intake,
    life,
    configs,
    log,
    logLines: lines,
    device,
    person,
    async [Symbol.asyncDispose]() {
      await intake[Symbol.asyncDispose]();
      await logs[Symbol.asyncDispose]();
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export type TestServices = Awaited<ReturnType<typeof testServices>>;
