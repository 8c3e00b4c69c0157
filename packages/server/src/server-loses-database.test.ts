import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentDaemonLog, systemClock } from "@basalt/core";
import { expect, test } from "vitest";
import { httpFront } from "./http-front.js";
import { startServer } from "./server.js";
import { testCatalog } from "./testing/test-desk.js";
import { testStore } from "./testing/test-store.js";

test("a server that loses its database while it starts goes on when it is back", async () => {
  await using store = await testStore();
  const folder = await mkdtemp(join(tmpdir(), "basalt-server-"));
  const shared = { catalog: testCatalog, clock: systemClock, log: silentDaemonLog, version: "1.2.3" };
  const { knex } = store;
  const held = await knex.transaction();
  await held.raw("lock table servers in access exclusive mode");
  const starting = startServer({
    ...shared,
    stateFolder: folder,
    databaseUrl: store.secretUrl,
    host: "127.0.0.1",
    port: 0,
    workers: "tcp://127.0.0.1:*",
    autoRegister: true,
    http: httpFront(shared),
  });
  starting.catch(() => {});
  // its first question waits for the lock, and its connection is ended
  const kill = async (): Promise<number> => {
    const { rows } = await knex.raw(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and wait_event_type = 'Lock' and query like '%servers%'`,
    );
    return rows.length;
  };
  await expect.poll(kill, { interval: 10, timeout: 15_000 }).toBe(1);
  await held.rollback();
  const server = await starting;
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
}, 60_000);
