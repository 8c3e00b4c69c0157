import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentDaemonLog, systemClock } from "@basalt/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { httpFront } from "./http-front.js";
import { startServer } from "./server.js";
import type { Store } from "./store/store.js";
import { testCatalog } from "./testing/test-desk.js";
import { testStore } from "./testing/test-store.js";

let store: Store;
let folder: string;
beforeAll(async () => {
  store = await testStore();
  folder = await mkdtemp(join(tmpdir(), "basalt-server-"));
});
afterAll(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

const start = () => {
  const shared = { catalog: testCatalog, clock: systemClock, log: silentDaemonLog, version: "1.2.3" };
  return startServer({
    ...shared,
    stateFolder: folder,
    databaseUrl: store.secretUrl,
    host: "127.0.0.1",
    port: 0,
    workers: "tcp://127.0.0.1:*",
    autoRegister: true,
    http: httpFront(shared),
  });
};

test("a server whose link to its workers is gone says that it is not well", async () => {
  await using server = await start();
  const health = async () => {
    const answer = await fetch(`${server.url}/healthz`);
    return { status: answer.status, json: await answer.json() };
  };
  const others = { database: "ok", disk: "ok" };
  expect(await health()).toEqual({ status: 200, json: { health: "good", ...others, link: "ok" } });
  await server.lab.link?.[Symbol.asyncDispose]();
  const link = "the link to the workers is closed";
  expect(await health()).toEqual({ status: 500, json: { health: "bad", ...others, link } });
});
