import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { chmod, chown, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { systemClock } from "@basalt/core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { bundleStoreProcess, startStoreProcess } from "../../testing/store-process.js";
import { silentLog } from "../log.js";
import { openStore } from "../open-store.js";
import type { Store } from "../store.js";
import { binariesIn, findBinaries } from "./binaries.js";
import { openEmbedded } from "./open-embedded.js";
import { pidExists, processesOf } from "./process-facts.js";
import { reachableBinaries } from "./reach.js";
import { postgresUser } from "./system-user.js";

const isRoot = process.getuid?.() === 0;
const nobody = 65534;
const patience = { timeout: 15_000, interval: 20 };

let top: string;
let script: string | undefined;
const children = new Set<ChildProcess>();
beforeAll(async () => {
  top = await mkdtemp(join(tmpdir(), "basalt-embedded-"));
  await chmod(top, 0o755);
});
afterAll(async () => {
  for (const child of children) child.kill("SIGKILL");
  await rm(top, { recursive: true, force: true });
});

const dataFolder = (stateFolder: string): string => join(stateFolder, "postgres", "data");
const postmaster = async (stateFolder: string): Promise<number> =>
  Number.parseInt(await readFile(join(dataFolder(stateFolder), "postmaster.pid"), "utf8"), 10);
const noneLeft = (stateFolder: string) =>
  vi.waitFor(async () => expect(await processesOf(dataFolder(stateFolder), undefined)).toEqual([]), patience);

async function serverProcess(stateFolder: string, options: { uid?: number; path?: string; mode?: string } = {}) {
  script ??= await bundleStoreProcess(top);
  const server = startStoreProcess({ script, stateFolder, ...options });
  children.add(server.child);
  return server;
}

/** A PATH as on a system that has no setpriv. */
async function withoutSetpriv(): Promise<string> {
  const path = await mkdtemp(join(top, "path-"));
  await symlink("/usr/bin/getent", join(path, "getent"));
  return path;
}

async function newState(name: string): Promise<string> {
  const folder = join(top, name);
  await mkdir(folder);
  return folder;
}

describe("the embedded PostgreSQL", () => {
  let stateFolder: string;
  let store: Store;
  beforeAll(async () => {
    stateFolder = await newState("shared");
    store = await openStore({ stateFolder });
  });
  afterAll(() => store.close());

  it("is private, crash-safe and in UTF-8", async () => {
    const { rows } = await store.knex.raw(
      "select name, setting from pg_settings where name in ('fsync', 'synchronous_commit', 'full_page_writes', 'listen_addresses', 'server_encoding', 'TimeZone')",
    );
    expect(
      Object.fromEntries(rows.map(({ name, setting }: { name: string; setting: string }) => [name, setting])),
    ).toEqual({
      fsync: "on",
      synchronous_commit: "on",
      full_page_writes: "on",
      listen_addresses: "",
      server_encoding: "UTF8",
      TimeZone: "UTC",
    });
    for (const name of ["password", "address.json"]) {
      expect((await stat(join(stateFolder, "postgres", name))).mode & 0o777).toBe(0o600);
    }
    const password = (await readFile(join(stateFolder, "postgres", "password"), "utf8")).trim();
    expect(password).toHaveLength(32);
    expect(store.url).not.toContain(password);
    expect(store.secretUrl).toContain(password);
    const commandLine = await readFile(`/proc/${await postmaster(stateFolder)}/cmdline`, "utf8");
    expect(commandLine).not.toContain(password);
  });

  it("never runs as root", async () => {
    const { uid } = await stat(`/proc/${await postmaster(stateFolder)}`);
    expect(uid).not.toBe(0);
  });

  it("keeps what was committed when opened again", async () => {
    await store.knex("tags").insert({ name: "kept" });
    const before = await postmaster(stateFolder);
    await store.close();
    expect(pidExists(before)).toBe(false);
    store = await openStore({ stateFolder });
    expect(await store.knex("tags").pluck("name")).toContain("kept");
  });

  it("refuses a second opener, naming the process", async () => {
    await expect(openStore({ stateFolder })).rejects.toMatchObject({
      code: "ERR_DATABASE_IN_USE",
      message: expect.stringContaining(`in use by process ${process.pid}:`),
    });
    const second = await serverProcess(stateFolder);
    expect(await second.said()).toContain(`refused ERR_DATABASE_IN_USE`);
    await second.exited;
    expect(await store.knex("tags").pluck("name")).toContain("kept");
  });

  it("is shared with a command that attaches", async () => {
    const command = await openStore({ stateFolder, attach: true });
    await command.knex("tags").insert({ name: "by-command" });
    await command.close();
    expect(await store.knex("tags").pluck("name")).toContain("by-command");
  });

  it("survives kill -9 of PostgreSQL: transactions fail as lost, then all goes on, listeners are told", async () => {
    const heard: string[] = [];
    let resyncs = 0;
    await store.listen("news", (payload) => heard.push(payload), { resync: () => resyncs++ });
    await store.knex("tags").insert({ name: "committed" });
    const killed = await postmaster(stateFolder);
    await expect(
      store.transaction(async (trx) => {
        await trx("tags").insert({ name: "half" });
        process.kill(killed, "SIGKILL");
        await vi.waitFor(() => expect(pidExists(killed)).toBe(false), patience);
        await trx("tags").insert({ name: "half too" });
      }),
    ).rejects.toMatchObject({ code: "ERR_DATABASE_CONNECTION", kind: "infrastructure" });
    const names = await vi.waitFor(() => store.knex("tags").pluck("name"), patience);
    expect(names).toContain("committed");
    expect(names).not.toContain("half");
    expect(await postmaster(stateFolder)).not.toBe(killed);
    await vi.waitFor(() => expect(resyncs).toBe(1), patience);
    await store.notify(store.knex, "news", "back");
    await vi.waitFor(() => expect(heard).toEqual(["back"]), patience);
  });
});

describe("a server that is killed", () => {
  let stateFolder: string;
  beforeAll(async () => {
    stateFolder = await newState("killed");
  });

  it("takes its PostgreSQL along, and the next one finds what was committed", async () => {
    const first = await serverProcess(stateFolder);
    expect(await first.said()).toMatch(/^open \d+/);
    await using beside = await openStore({ stateFolder, attach: true });
    await beside.knex("tags").insert({ name: "before the kill" });
    await beside.close();
    first.child.kill("SIGKILL");
    await first.exited;
    if (existsSync("/usr/bin/setpriv")) await noneLeft(stateFolder);
    const second = await openStore({ stateFolder });
    expect(await second.knex("tags").pluck("name")).toEqual(["before the kill"]);
    await second.close();
    await noneLeft(stateFolder);
  });

  it("leaves an orphan where setpriv is missing; the next one ends it by its number", async () => {
    const path = await withoutSetpriv();
    const first = await serverProcess(stateFolder, { path });
    const orphan = Number((await first.said()).split(" ")[1]);
    first.child.kill("SIGKILL");
    await first.exited;
    expect(pidExists(orphan)).toBe(true);
    const warnings: string[] = [];
    const log = { ...silentLog, warning: (message: string) => warnings.push(message) };
    await using second = await openStore({ stateFolder, log });
    expect(warnings).toEqual([`ending the PostgreSQL that a killed server left (process ${orphan})`]);
    expect(await postmaster(stateFolder)).not.toBe(orphan);
    expect(await second.knex("users").pluck("username")).toEqual(["lava-health"]);
  });

  it("and its PostgreSQL as well: a stranger with the old number is left alone", async () => {
    const path = await withoutSetpriv();
    const first = await serverProcess(stateFolder, { path });
    const killed = Number((await first.said()).split(" ")[1]);
    first.child.kill("SIGKILL");
    process.kill(killed, "SIGKILL");
    await first.exited;
    const { uid, gid } = await stat(dataFolder(stateFolder));
    const stranger = spawn("sleep", ["1000"], isRoot ? { uid, gid } : {});
    children.add(stranger);
    const pidFile = join(dataFolder(stateFolder), "postmaster.pid");
    const text = await readFile(pidFile, "utf8");
    await writeFile(pidFile, text.replace(/^\d+/, String(stranger.pid)));
    await using second = await openStore({ stateFolder });
    expect(await second.knex("users").pluck("username")).toEqual(["lava-health"]);
    expect(pidExists(stranger.pid!)).toBe(true);
    stranger.kill("SIGKILL");
  });
});

describe("a PostgreSQL that is killed while it is opened", () => {
  async function expectOpened(stateFolder: string, killed: () => number | undefined, log = silentLog): Promise<void> {
    await using store = await openStore({ stateFolder, log });
    expect(await store.knex("users").pluck("username")).toEqual(["lava-health"]);
    expect(killed()).toEqual(expect.any(Number));
    expect(await postmaster(stateFolder)).not.toBe(killed());
  }

  const killIn = (stateFolder: string): number => {
    const pid = Number.parseInt(readFileSync(join(dataFolder(stateFolder), "postmaster.pid"), "utf8"), 10);
    process.kill(pid, "SIGKILL");
    return pid;
  };

  it("is started again: it had not begun to accept connections", async () => {
    const stateFolder = await newState("killed at its start");
    let killed: number | undefined;
    const debug = (message: string): void => {
      if (message.includes("starting PostgreSQL")) killed ??= killIn(stateFolder);
    };
    await expectOpened(stateFolder, () => killed, { ...silentLog, debug });
  });

  it("is opened again: its tables were being made", async () => {
    const stateFolder = await newState("killed when open");
    let killed: number | undefined;
    const address = join(stateFolder, "postgres", "address.json");
    const watch = setInterval(() => {
      if (killed === undefined && existsSync(address)) killed = killIn(stateFolder);
    }, 1);
    await expectOpened(stateFolder, () => killed).finally(() => clearInterval(watch));
  });
});

describe("kills at random", () => {
  const soak = process.env.BASALT_SOAK === "1";
  const rounds = soak ? 100 : 4;
  const seed = Number(process.env.BASALT_SEED ?? (soak ? Date.now() % 1_000_000 : 5));

  it("lose nothing that was acknowledged", { timeout: 20_000 + rounds * 10_000 }, async () => {
    if (soak) console.log(`kills of a database: seed ${seed}`);
    const random = makeRandom(seed);
    const stateFolder = await newState("random");
    const acknowledged: string[] = [];
    for (let round = 0; round < rounds; round++) {
      const server = await serverProcess(stateFolder, { mode: `write${round}-` });
      expect(await server.said()).toMatch(/^open/);
      // PostgreSQL is killed up to twice under its server, then both or the server alone
      for (let kills = Math.floor(random() * 3); kills >= 0; kills--) {
        for (let wait = Math.floor(random() * 40); wait > 0; ) {
          const [word, name = ""] = (await server.said()).split(" ");
          if (word !== "wrote") continue;
          acknowledged.push(name);
          wait--;
        }
        const running = await processesOf(dataFolder(stateFolder), undefined);
        const victim = running[Math.floor(random() * running.length)];
        if (victim !== undefined && (kills > 0 || random() < 0.5)) kill(victim);
      }
      kill(server.child.pid!);
      await server.exited;
    }
    await using store = await openStore({ stateFolder });
    const stored = new Set(await store.knex("tags").pluck("name"));
    expect(acknowledged.length).toBeGreaterThan(rounds);
    expect(acknowledged.filter((name) => !stored.has(name))).toEqual([]);
    expect(await processesOf(dataFolder(stateFolder), undefined)).toContain(await postmaster(stateFolder));
  });

  function kill(pid: number): void {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // it ended by itself meanwhile
    }
  }

  /** Mulberry32: small, seeded, good enough to choose victims. */
  function makeRandom(start: number): () => number {
    let state = start;
    return () => {
      state = (state + 0x6d2b79f5) | 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    };
  }
});

describe("places and users", () => {
  it.runIf(isRoot)("runs for a user who is not root", async () => {
    const stateFolder = await newState("nobody");
    await chown(stateFolder, nobody, nobody);
    const server = await serverProcess(stateFolder, { uid: nobody });
    const [word, pid, uid] = (await server.said()).split(" ");
    expect([word, uid]).toEqual(["open", String(nobody)]);
    expect((await stat(`/proc/${pid}`)).uid).toBe(nobody);
    server.child.stdin?.end();
    expect(await server.said()).toBe("closed");
    await noneLeft(stateFolder);
  });

  it("uses TCP on loopback where the path of a socket would be too long", async () => {
    const stateFolder = await newState("long".repeat(25));
    await using store = await openStore({ stateFolder });
    expect(store.url).toMatch(/^postgres:\/\/basalt@127\.0\.0\.1:\d+\/basalt$/);
    const { rows } = await store.knex.raw("show listen_addresses");
    expect(rows[0].listen_addresses).toBe("127.0.0.1");
  });

  it.runIf(isRoot)("says which folder is closed to PostgreSQL's user", async () => {
    const closed = await newState("closed");
    await chmod(closed, 0o700);
    await expect(openStore({ stateFolder: join(closed, "state") })).rejects.toMatchObject({
      code: "ERR_DATABASE_FOLDER",
      message: expect.stringContaining(`${closed} is closed to it`),
    });
  });

  it.runIf(isRoot)("copies the binaries where node_modules is closed", async () => {
    const user = await postgresUser(join(top, "none"), silentLog);
    const real = findBinaries();
    expect(await reachableBinaries(real, top, user!)).toBe(real);
    const closed = await newState("modules");
    const native = join(closed, "package", "native");
    for (const folder of ["bin", "lib"]) await mkdir(join(native, folder), { recursive: true });
    await writeFile(join(closed, "package", "package.json"), '{"version":"18.4.0"}');
    await writeFile(join(native, "bin", "postgres"), "#!/bin/sh\nid -u\n", { mode: 0o755 });
    await writeFile(join(native, "lib", "libpq.a"), "not needed");
    await chmod(closed, 0o700);
    const copied = await reachableBinaries(binariesIn(native), top, user!);
    expect(copied.native).toBe(join(top, "native-18.4.0"));
    expect(existsSync(join(copied.native, "lib", "libpq.a"))).toBe(false);
    const { stdout } = await promisify(execFile)(copied.postgres, { uid: user!.uid, gid: user!.gid });
    expect(stdout.trim()).toBe(String(user!.uid));
  });

  it("says what to do where no PostgreSQL comes for the platform", () => {
    expect(() => findBinaries("linux", "riscv64")).toThrow(
      /^no PostgreSQL comes with Basalt for linux on riscv64 .*: set DATABASE_URL/,
    );
  });

  it("refuses a cluster of another major version, and one whose password is gone", async () => {
    const stateFolder = await newState("other");
    const data = dataFolder(stateFolder);
    await mkdir(data, { recursive: true });
    if (isRoot) await chown(data, 1, 1);
    await writeFile(join(data, "PG_VERSION"), "17\n");
    const open = () => openEmbedded({ stateFolder, clock: systemClock, log: silentLog });
    await expect(open()).rejects.toMatchObject({ code: "ERR_DATABASE_MAJOR", details: { found: "17", ours: "18" } });
    await writeFile(join(data, "PG_VERSION"), "18\n");
    await expect(open()).rejects.toMatchObject({ code: "ERR_DATABASE_PASSWORD" });
  });
});
