import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttp } from "node:http";
import type { AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { systemClock } from "@basalt/core";
import { leaveServerNote } from "@basalt/server";
import { testStore } from "@basalt/server/testing";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openAdminBench } from "../../../testing/admin.js";
import { checkClock } from "./check-clock.js";
import { checkPorts } from "./check-ports.js";
import type { Finding } from "./finding.js";

// the first command loads the whole server
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let store: Awaited<ReturnType<typeof testStore>>;
let bench: ReturnType<typeof openAdminBench>;
beforeEach(async () => {
  store = await testStore();
  bench = openAdminBench({ url: store.secretUrl });
  mkdirSync(join(bench.stateFolder, "logs"), { recursive: true, mode: 0o700 });
  // ports of this machine that others may use
  bench.write("server.yaml", "port: 0\nworkers: tcp://127.0.0.1:*\n");
});
afterEach(async () => {
  bench[Symbol.dispose]();
  await store.close();
});

/** What is wrong, but for the test database's own settings. */
async function wrong(...argv: string[]): Promise<readonly string[]> {
  const { out } = await bench.admin("check", "--json", "--config", "server.yaml", ...argv);
  const findings = JSON.parse(out) as Finding[];
  return findings
    .filter(({ level, found }) => level !== "ok" && !found.includes("fsync"))
    .map(({ level, area, found, fix }) => `${level} ${area}: ${found}; ${fix}`);
}

/** A lab in which nothing is wrong. */
async function healthyLab(): Promise<void> {
  await store.knex("users").insert({ username: "root", is_superuser: true, password_hash: "x" });
  await store.knex("workers").insert({ name: "rack-1", state: "Online", last_ping: new Date() });
  await store
    .knex("servers")
    .insert({ id: "00000000-0000-4000-8000-000000000001", url: "http://127.0.0.1:1", version: "1", log_folder: "/x" });
  bench.write("lab/devices/q1.jinja2", '{% extends "qemu.jinja2" %}\n');
  bench.write("lab/lab.yaml", "devices: {q1: {worker: rack-1}}\ndevice_types: {qemu: {disable_health_check: true}}\n");
  expect(await bench.admin("sync", "lab", "--import")).toMatchObject({ status: 0, err: "" });
}

it("finds nothing in a lab where nothing is wrong", async () => {
  await healthyLab();
  expect(await wrong()).toEqual([]);
});

it("says it for people, one line each, with exit status 1", async () => {
  await healthyLab();
  await store.knex("devices").update({ worker: null });
  const { status, out } = await bench.admin("check", "--config", "server.yaml");
  expect(status).toBe(1);
  expect(out).toContain("✖ devices: 1 without a worker: q1; basalt admin devices update NAME --worker WORKER\n");
  expect(out).toMatch(/\d+ things looked at, 2 wrong\n$/);
});

describe("what is wrong with the lab", () => {
  beforeEach(healthyLab);

  it("workers that are offline", async () => {
    await store.knex("workers").update({ state: "Offline" });
    expect(await wrong()).toEqual([
      expect.stringMatching(/^problem workers: rack-1 offline; start 'basalt worker' there/),
    ]);
    await store.knex("workers").update({ health: "Maintenance" });
    expect(await wrong()).toEqual([]);
  });

  it("devices without dictionary, worker or health check, broken, bad", async () => {
    await store.knex("devices").insert([
      { name: "d1", device_type: "qemu", worker: "rack-1" },
      { name: "d2", device_type: "qemu", worker: "rack-1", health: "Bad" },
      { name: "d3", device_type: "qemu", health: "Retired" },
    ]);
    const text = "hostname: d2\n{% if %}\n";
    await store.knex("documents").insert({ kind: "device", name: "d2", revision: 1, text, current: true });
    await store.knex("device_types").update({ disable_health_check: false });
    const found = await wrong();
    expect(found).toContainEqual(expect.stringMatching(/^problem devices: 1 without a dictionary: d1; write one/));
    expect(found).toContainEqual(expect.stringMatching(/^problem devices: 1 Bad: d2; look at the health check's job/));
    expect(found).toContainEqual(
      expect.stringMatching(/^problem devices: d2 can't be used: .*line 2.*; basalt admin devices dictionary d2 FILE$/),
    );
    expect(found).toContainEqual(expect.stringMatching(/^hint devices: 2 without a health check: d2, q1; /));
    expect(found.join()).not.toContain("d3");
  });

  it("a template that is not there", async () => {
    const text = '{% extends "mine.jinja2" %}\n';
    await store.knex("documents").where({ kind: "device", name: "q1" }).update({ text });
    expect(await wrong()).toEqual([
      expect.stringMatching(
        /^problem devices: q1 can't be used: .*mine\.jinja2 \(TemplateNotFound\); bring that template: basalt admin device-types template mine FILE/,
      ),
    ]);
  });

  it("templates and health checks that are broken", async () => {
    const row = { revision: 1, current: true };
    await store.knex("documents").insert([
      { ...row, kind: "devicetype", name: "t", text: "a\n{% endif %}\n" },
      { ...row, kind: "health-check", name: "qemu", text: "job_name: x\n" },
    ]);
    const found = await wrong();
    expect(found).toContainEqual(expect.stringMatching(/^problem texts: devicetype\/t \(in the database\):2: /));
    expect(found).toContainEqual(
      expect.stringMatching(/^problem texts: health-check\/qemu \(in the database\): .*timeouts is missing/),
    );
  });

  it("users who can't log in", async () => {
    await store.knex("users").where({ username: "root" }).update({ password_hash: null });
    expect(await wrong()).toEqual([
      "problem users: no superuser can log in; basalt admin users add NAME --superuser",
      "hint users: root without a password; basalt admin users passwd NAME, or users update NAME --not-active",
    ]);
  });

  it("nobody serves it", async () => {
    await store.knex("servers").update({ seen_on: new Date(0) });
    expect(await wrong()).toEqual(["hint ports: no server of this instance runs; start it with 'basalt server'"]);
  });
});

describe("what is wrong with keys", () => {
  const keys = () => join(bench.stateFolder, "keys");
  beforeEach(async () => {
    await healthyLab();
    writeFileSync(join(bench.folder, "server.yaml"), "port: 0\nworkers: tcp://127.0.0.1:*\nencrypt: true\n");
  });

  it("none", async () => {
    expect(await wrong()).toContainEqual(
      expect.stringMatching(
        /^problem keys: the server's secret key .* is not there; make it with 'basalt admin keys create --server'$/,
      ),
    );
  });

  it("others can read them, halves are no pair, workers share one, secrets left behind", async () => {
    await bench.admin("keys", "create", "--server");
    await bench.admin("keys", "create", "rack-1");
    expect(await wrong()).toEqual([
      expect.stringMatching(/^hint keys: the worker's secret .*rack-1\.key_secret is still here; carry it/),
    ]);
    rmSync(join(keys(), "rack-1.key_secret"));
    expect(await wrong()).toEqual([]);
    cpSync(join(keys(), "workers.d/rack-1.key"), join(keys(), "workers.d/rack-2.key"));
    expect(await wrong()).toEqual([
      expect.stringContaining("problem keys: workers rack-1 and rack-2 have the same key; make one for each"),
    ]);
    writeFileSync(join(keys(), "workers.d/rack-2.key"), "nothing\n");
    expect(await wrong()).toEqual([expect.stringContaining("rack-2.key holds no public key")]);
    rmSync(join(keys(), "workers.d/rack-2.key"));
    chmodSync(join(keys(), "server.key_secret"), 0o644);
    expect(await wrong()).toEqual([
      expect.stringMatching(/server\.key_secret can be read by others \(mode 0644\); chmod 600 /),
    ]);
    chmodSync(join(keys(), "server.key_secret"), 0o600);
    chmodSync(join(keys(), "workers.d"), 0o777);
    expect(await wrong()).toEqual([
      expect.stringMatching(/workers\.d can be written by others \(mode 0777\): they could add keys .*; chmod 700 /),
    ]);
    chmodSync(join(keys(), "workers.d"), 0o700);
    const rack = readFileSync(join(keys(), "workers.d/rack-1.key"), "utf8");
    const own = readFileSync(join(keys(), "server.key"), "utf8");
    const publicKey = /public-key = "(.*)"/;
    writeFileSync(join(keys(), "server.key"), rack);
    expect(await wrong()).toEqual([expect.stringContaining("server.key is not the public half of")]);
    writeFileSync(join(keys(), "server.key"), own);
    const secret = readFileSync(join(keys(), "server.key_secret"), "utf8");
    // a $ in a key means nothing here
    writeFileSync(
      join(keys(), "server.key_secret"),
      secret.replace(publicKey, () => publicKey.exec(rack)?.[0] ?? ""),
    );
    expect(await wrong()).toEqual([expect.stringMatching(/the two keys in .*server\.key_secret are no pair/)]);
  });
});

describe("what is wrong with the database", () => {
  it("not reachable: said, and the rest is still looked at", async () => {
    using other = openAdminBench({ url: "postgres://basalt:hunter22@127.0.0.1:1/basalt" });
    const { status, out } = await other.admin("check", "--all");
    expect(status).toBe(1);
    expect(out).toMatch(/✖ database: .*127\.0\.0\.1:1/);
    expect(out).toContain("✖ folders: ");
    expect(out).toMatch(/ ports: /);
    expect(out).not.toContain("hunter22");
  });

  it("empty, or of an older version", async () => {
    await using empty = await testStore({ empty: true });
    using other = openAdminBench({ url: empty.secretUrl });
    expect((await other.admin("check")).out).toContain(
      "✖ database: it is empty; start the server, or run 'basalt admin init'",
    );
  });
});

it("ports that others have, that are ours, that are open to the world without encryption", async () => {
  const settings = (port: number, workers: string) =>
    ({ host: "127.0.0.1", port, workers, encrypt: false }) as Parameters<typeof checkPorts>[0];
  const listening = async (server: ReturnType<typeof createServer>) => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return (server.address() as AddressInfo).port;
  };
  const ours = createHttp((request, response) => response.writeHead(request.url === "/healthz" ? 200 : 404).end());
  const stranger = createHttp((_request, response) => response.writeHead(404).end());
  const [mine, theirs] = [await listening(ours), await listening(stranger)];
  const server = { id: "x", url: "x", version: "1", log_folder: "x" };
  const found = async (port: number, workers: string, servers: readonly (typeof server)[]) =>
    (await checkPorts(settings(port, workers), servers)).map(({ level, found: words }) => `${level} ${words}`);
  try {
    expect(await found(mine, `tcp://127.0.0.1:${theirs}`, [server])).toEqual([
      `ok 127.0.0.1:${mine} (pages and API) is served by this instance`,
      `ok 127.0.0.1:${theirs} (workers) is served by this instance`,
    ]);
    expect(await found(theirs, "tcp://127.0.0.1:*", [server])).toEqual([
      `problem 127.0.0.1:${theirs} (pages and API) is taken by another program`,
      "ok 127.0.0.1:0 (workers) is free",
    ]);
    expect((await found(mine, "tcp://127.0.0.1:*", []))[0]).toBe(
      `problem 127.0.0.1:${mine} (pages and API) is taken by another program`,
    );
    expect((await found(0, "tcp://0.0.0.0:*", [server])).at(-1)).toBe(
      "problem workers connect to tcp://0.0.0.0:* without encryption",
    );
    expect((await found(0, "tcp://192.0.2.1:5556", [server]))[1]).toBe(
      "problem 192.0.2.1 is no address of this machine",
    );
  } finally {
    ours.close();
    stranger.close();
    ours.closeAllConnections();
    stranger.closeAllConnections();
  }
});

it("a server that runs with other settings than these: its own addresses, keys and encryption are looked at", async () => {
  await healthyLab();
  const id = "00000000-0000-4000-8000-000000000001";
  let status = 200;
  const server = createHttp((request, response) => response.writeHead(request.url === "/healthz" ? status : 404).end());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const note = (encrypted: boolean, endpoint = "tcp://127.0.0.1:40123") =>
    leaveServerNote({ stateFolder: bench.stateFolder, note: { id, url, endpoint, encrypted }, alive: [id] });
  const all = async () =>
    (JSON.parse((await bench.admin("check", "--json", "--config", "server.yaml")).out) as Finding[])
      .filter(({ area }) => area === "ports" || area === "keys")
      .map(({ level, found }) => `${level} ${found}`);
  const runs = (how: string) =>
    `the server of this state folder runs: pages and API at ${url}, workers at tcp://127.0.0.1:40123 (${how})`;
  try {
    await note(false);
    expect(await all()).toEqual([`ok ${runs("not encrypted")}`]);
    await bench.admin("keys", "create", "--server");
    expect(await all()).toEqual([
      "hint the server has a key, and runs without --encrypt",
      `ok ${runs("not encrypted")}`,
    ]);
    await note(true);
    expect(await all()).toEqual([
      expect.stringMatching(/^ok .*server\.key_secret is a pair that only its owner can read$/),
      expect.stringMatching(/^hint no worker has a key in /),
      `ok ${runs("encrypted")}`,
    ]);
    status = 500;
    expect((await all()).at(-1)).toBe(`problem ${runs("encrypted")}, and answers 500`);
    await note(false, "tcp://0.0.0.0:40123");
    expect((await all()).at(-1)).toBe("problem workers connect to tcp://0.0.0.0:40123 without encryption");
    // a note of a server that was killed is none
    await store.knex("servers").delete();
    expect((await all()).at(-1)).toBe("hint no server of this instance runs");
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

it("a clock that is not the database's", async () => {
  const io = (aheadMs: number) =>
    ({ clock: { ...systemClock, now: () => systemClock.now() + aheadMs } }) as Parameters<typeof checkClock>[1];
  expect(await checkClock(store, io(0))).toMatchObject([{ level: "ok" }]);
  expect(await checkClock(store, io(60_000))).toMatchObject([
    { level: "problem", found: expect.stringMatching(/^the database's is (59|60)\.\d s behind/) },
  ]);
  expect(await checkClock(store, io(-60_000))).toMatchObject([
    { level: "problem", found: expect.stringMatching(/^the database's is (59|60)\.\d s ahead of/) },
  ]);
});
