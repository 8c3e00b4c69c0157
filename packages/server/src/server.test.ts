import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { mkdtemp, rm } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { type DaemonLog, formatLogLine, isBasaltError, silentDaemonLog, systemClock, wireLimits } from "@basalt/core";
import { openWorkerSocket, type WorkerSocketHandlers } from "@basalt/link";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { writeDocument } from "./devices/index.js";
import { httpFront } from "./http-front.js";
import { readPeople } from "./people/read-rights.js";
import type { Person } from "./people/rights.js";
import { newToken } from "./people/secrets.js";
import { type ServerOptions, startServer } from "./server.js";
import { readServerNotes } from "./server-note.js";
import type { Store } from "./store/store.js";
import { submitJob } from "./submit/submit-job.js";
import { databaseGate } from "./testing/database-gate.js";
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

const options = (
  log: DaemonLog,
  starting = async (_url: string): Promise<void> => {},
  url = store.secretUrl,
): ServerOptions => {
  const shared = { catalog: testCatalog, clock: systemClock, log, version: "1.2.3" };
  return {
    ...shared,
    stateFolder: folder,
    databaseUrl: url,
    host: "127.0.0.1",
    port: 0,
    workers: "tcp://127.0.0.1:*",
    autoRegister: true,
    async http(lab, front) {
      await starting(front.url);
      return httpFront(shared)(lab);
    },
  };
};
const start = (log = silentDaemonLog, starting?: (url: string) => Promise<void>, url?: string) =>
  startServer(options(log, starting, url));

test("who asks while it starts is answered when it has", async () => {
  const asked: Promise<Response>[] = [];
  await using _server = await start(silentDaemonLog, async (url) => {
    const heard = new Promise<void>((resolve) => {
      const onRequest = (): void => {
        unsubscribe("http.server.request.start", onRequest);
        resolve();
      };
      subscribe("http.server.request.start", onRequest);
    });
    asked.push(fetch(`${url}/healthz`));
    await heard;
  });
  const [answer] = await Promise.all(asked);
  expect(answer?.status).toBe(200);
});

test("it says last that all of it has started", async () => {
  const said: string[] = [];
  const log = { ...silentDaemonLog, info: (message: string) => void said.push(message) };
  await using server = await start(log);
  expect(said.slice(-3)).toEqual([
    `workers dial ${server.endpoint}`,
    `pages and API: ${server.url}`,
    "[INIT] Basalt server has started.",
  ]);
});

test("an address that is none of this machine's is told, with what to do", async () => {
  const listening = startServer({ ...options(silentDaemonLog), host: "192.0.2.1" });
  await expect(listening).rejects.toMatchObject({
    code: "ERR_LISTEN",
    message:
      "can't listen on 192.0.2.1:0: that is no address of this machine; give one with --host, or 0.0.0.0 for all",
  });
});

test("while it runs, its addresses are in its state folder", async () => {
  const server = await start();
  const { url, endpoint, lab } = server;
  expect(await readServerNotes(folder)).toEqual([{ host: hostname(), id: lab.id, url, endpoint, encrypted: false }]);
  await server[Symbol.asyncDispose]();
  expect(await readServerNotes(folder)).toEqual([]);
});

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

test("a server whose database is away ends all the same, and says in words what it could not do", async () => {
  await using gate = await databaseGate(store);
  const said: string[] = [];
  const keep = (message: string): void => void said.push(message);
  const server = await start({ ...silentDaemonLog, warning: keep, error: keep }, undefined, gate.url);
  await gate.shut();
  await vi.waitFor(() => expect(said).toContain("the listening connection to the database is lost"), {
    timeout: 15_000,
  });
  await server[Symbol.asyncDispose]();
  expect(said.filter((text) => /knex|unexpected error/i.test(text))).toEqual([]);
  expect(said.at(-1)).toMatch(/^could not forget this server: .*is PostgreSQL running there/);
  await store.knex("servers").delete();
}, 30_000);

test("while the database is away, who asks is told so before those give up who wait for it", async () => {
  await using gate = await databaseGate(store);
  await using server = await start(undefined, undefined, gate.url);
  await gate.shut();
  // a connection that breaks under a query is no waiting
  const wait = (): Promise<never[]> =>
    server.lab.store.knex.raw("select 1").then(
      () => [],
      (error: unknown) => (isBasaltError(error) ? [] : wait()),
    );
  const patient = wait();
  const headers = { Authorization: `Token ${newToken()}` };
  const ask = async (path: string, init?: RequestInit) => (await fetch(`${server.url}${path}`, init)).status;
  const asked = Promise.all([
    ask("/metrics"),
    ask("/metrics"),
    ask("/"),
    ask("/api/v0.2/jobs/", { headers }),
    ask("/api/v0.2/jobs/", { method: "POST", headers, body: "definition=a" }),
    ask("/healthz"),
  ]);
  expect(await Promise.race([asked, patient])).toEqual([503, 503, 503, 503, 503, 500]);
  await gate.open();
  await patient;
  expect(await ask("/metrics")).toBe(200);
  await server.lab.scheduler.pass();
}, 60_000);

/** A worker that says of its one job what it needs to end; gives its number when the server has all of it. */
async function workOff(server: string, body: Buffer): Promise<number> {
  const count = wireLimits.logLines;
  const lines = 100 * count;
  let done = (_job: number): void => {};
  const ended = new Promise<number>((resolve) => {
    done = resolve;
  });
  const sendFrom = (job: number, from: number): void => {
    if (from < lines) void worker.send({ type: "LOG", job, from, count, body });
    else void worker.send({ type: "END", job, result: "pass", lines, body: "" });
  };
  const message: WorkerSocketHandlers["message"] = (order) => {
    if (order.type === "LOG_OK") sendFrom(order.job, order.next);
    if (order.type === "END_OK") done(order.job);
    if (order.type !== "START") return;
    void worker.send({ type: "START_OK", job: order.job });
    sendFrom(order.job, 0);
  };
  const handlers = { jobs: () => [], up() {}, down() {}, revoked() {}, message };
  await using worker = openWorkerSocket({ server, name: "w1", version: "1", log: silentDaemonLog, handlers });
  return await ended;
}

test("a server that is stopped twice at once packs the log of the job that ended just now before its database goes", async () => {
  const said: string[] = [];
  const keep = (message: string): void => void said.push(message);
  const { knex } = store;
  await knex("workers").insert({ name: "w1" });
  await knex("device_types").insert({ name: "qemu" });
  await knex("devices").insert({ name: "d1", device_type: "qemu", worker: "w1", health: "Good" });
  const text = '{% extends "qemu.jinja2" %}\n';
  await store.transaction((trx) => writeDocument(trx, { kind: "device", name: "d1", text, author: "t" }));
  const [{ id: user }] = await knex("users").insert({ username: "ann" }).returning("id");
  const person = (await readPeople(knex, [user])).get(user) as Person;
  const server = await start({ ...silentDaemonLog, warning: keep, error: keep });
  const timeouts = { job: { minutes: 5 }, action: { minutes: 1 }, connection: { minutes: 1 } };
  const job = {
    job_name: "j",
    device_type: "qemu",
    visibility: "public",
    timeouts,
    actions: [{ command: { name: "x" } }],
  };
  const { configs } = server.lab;
  await submitJob({ store, configs, catalog: testCatalog }, { person, text: JSON.stringify(job) });
  const line = formatLogLine({ dt: "2026-08-01T10:00:00.123000+00:00", lvl: "target", msg: "x".repeat(60) });
  const id = await workOff(server.endpoint, Buffer.from(`${line}\n`.repeat(wireLimits.logLines)));
  await Promise.all([server[Symbol.asyncDispose](), server[Symbol.asyncDispose]()]);
  expect(said).toEqual([]);
  expect(await knex("jobs").where({ id }).first("state", "log_sealed")).toEqual({
    state: "Finished",
    log_sealed: true,
  });
}, 60_000);
