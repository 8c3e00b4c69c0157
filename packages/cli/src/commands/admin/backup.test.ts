import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "@basalt/core";
import { openStore } from "@basalt/server";
import { debianPostgres, hasDebianPostgres, testStore } from "@basalt/server/testing";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { openAdminBench } from "../../testing/admin.js";
import { type BuiltCommand, buildCommand } from "../../testing/build-command.js";
import { allFiles, allRows, fillLab } from "../../testing/fill-lab.js";

// the first command loads the whole server
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const store = await testStore();
const bench = openAdminBench({ url: store.secretUrl });
const archive = join(bench.folder, "all.tar");
let rows: Awaited<ReturnType<typeof allRows>>;
let files: { logs: ReturnType<typeof allFiles>; keys: ReturnType<typeof allFiles> };
const filesOf = (state: string) => ({ logs: allFiles(join(state, "logs")), keys: allFiles(join(state, "keys")) });

beforeAll(async () => {
  await fillLab(store, bench.stateFolder);
  rows = await allRows(store);
  files = filesOf(bench.stateFolder);
  const { status, out, err } = await bench.admin("backup", "all.tar");
  expect({ status, err }).toEqual({ status: 0, err: "" });
  expect(out).toMatch(/^all\.tar: \d+ rows of \d+ tables, logs and keys; .*\nit holds secret keys/);
}, 60_000);
afterAll(async () => {
  bench[Symbol.dispose]();
  await store.close();
});

describe("a backup", () => {
  it("is a file for its owner only, and never replaces one", async () => {
    expect(statSync(archive).mode & 0o777).toBe(0o600);
    const again = await bench.admin("backup", "all.tar");
    expect(again).toMatchObject({ status: 2, err: expect.stringContaining("a backup never replaces one") });
    const nowhere = await bench.admin("backup", "no/such/all.tar");
    expect(nowhere).toMatchObject({ status: 2, err: expect.stringMatching(/there is no folder .*no\/such: make it/) });
    expect(readdirSync(bench.folder).sort()).toEqual(["all.tar", "state"]);
  });

  it("that is interrupted leaves nothing", async () => {
    using other = openAdminBench({
      url: store.secretUrl,
      stateFolder: bench.stateFolder,
      onSignal: (send) => send("SIGINT"),
    });
    expect((await other.admin("backup", "later.tar")).err).toContain(
      "the backup was interrupted: later.tar was not written",
    );
    expect(readdirSync(other.folder)).toEqual([]);
  });
});

describe("restored elsewhere, everything is the same", () => {
  it("on an embedded database in a new state folder", { timeout: 60_000 }, async () => {
    using other = openAdminBench();
    const { status, out, err } = await other.admin("restore", archive);
    expect({ status, err }).toEqual({ status: 0, err: "" });
    expect(out).toContain("start the server, and run: basalt admin check");
    expect(filesOf(other.stateFolder)).toEqual(files);
    await using restored = await openStore({ stateFolder: other.stateFolder, clock: systemClock });
    expect(await allRows(restored)).toEqual(rows);
    // numbers go on where they were
    const [{ id }] = await restored.knex("groups").insert({ name: "next" }).returning("id");
    expect(id).toBe(2);
    expect(readdirSync(other.stateFolder).sort()).toEqual(["keys", "logs", "postgres"]);
  });

  it.skipIf(!hasDebianPostgres(15))(
    "on PostgreSQL 15, by a user who is no superuser, and back",
    { timeout: 60_000 },
    async () => {
      await using old = await debianPostgres(15);
      using other = openAdminBench({ url: old.url });
      expect(await other.admin("restore", archive)).toMatchObject({ status: 0, err: "" });
      expect(filesOf(other.stateFolder)).toEqual(files);
      expect(await other.admin("backup", "old.tar")).toMatchObject({ status: 0 });
      await using back = await testStore({ empty: true });
      using last = openAdminBench({ url: back.secretUrl });
      expect(await last.admin("restore", join(other.folder, "old.tar"))).toMatchObject({ status: 0, err: "" });
      expect(await allRows(back)).toEqual(rows);
      expect(filesOf(last.stateFolder)).toEqual(files);
    },
  );
});

describe("a restore", () => {
  it("refuses an instance that is not empty, in words, and changes nothing", async () => {
    const { status, err } = await bench.admin("restore", "all.tar");
    expect(status).toBe(2);
    expect(err).toMatch(
      /nothing was restored: the database .* is not empty; restore into a new state folder and database, or say --replace --yes/,
    );
    await using empty = await testStore({ empty: true });
    using other = openAdminBench({ url: empty.secretUrl });
    mkdirSync(join(other.stateFolder, "logs/0/1"), { recursive: true });
    expect((await other.admin("restore", archive)).err).toContain(
      `nothing was restored: ${join(other.stateFolder, "logs")} is not empty`,
    );
    expect(readdirSync(other.stateFolder)).toEqual(["logs"]);
    expect(await allRows(store)).toEqual(rows);
  });

  it("takes the place of what is there only when told twice, and sets files aside", async () => {
    await using used = await testStore();
    await used.knex("workers").insert({ name: "gone" });
    using other = openAdminBench({ url: used.secretUrl });
    mkdirSync(join(other.stateFolder, "logs"), { recursive: true });
    writeFileSync(join(other.stateFolder, "logs/mine"), "x");
    expect((await other.admin("restore", archive, "--replace")).err).toContain("say --yes to do it");
    const { status, out } = await other.admin("restore", archive, "--replace", "--yes");
    expect(status).toBe(0);
    expect(await allRows(used)).toEqual(rows);
    const aside = /what was there before is (.*)/.exec(out)?.[1] ?? "";
    expect(readFileSync(join(aside, "mine"), "utf8")).toBe("x");
  });

  it("of a damaged archive, or one that is none, changes nothing", async () => {
    await using empty = await testStore({ empty: true });
    using other = openAdminBench({ url: empty.secretUrl });
    writeFileSync(join(other.folder, "cut.tar"), readFileSync(archive));
    truncateSync(join(other.folder, "cut.tar"), Math.floor(statSync(archive).size / 2));
    expect((await other.admin("restore", "cut.tar")).err).toContain("ERR_BACKUP_DAMAGED");
    other.write("none.tar", "hello");
    expect((await other.admin("restore", "none.tar")).err).toContain("ERR_BACKUP_FORMAT");
    expect((await other.admin("restore", "nowhere.tar")).status).not.toBe(0);
    expect(await allRows(empty)).toEqual({});
    expect(readdirSync(other.stateFolder)).toEqual([]);
    expect(await other.admin("restore", archive)).toMatchObject({ status: 0 });
  });

  it("that is interrupted changes nothing, and can be run again", async () => {
    await using empty = await testStore({ empty: true });
    const signals: ((signal: string) => void)[] = [];
    using other = openAdminBench({
      url: empty.secretUrl,
      onSignal(send) {
        signals.push(send);
        if (signals.length === 1) send("SIGTERM");
      },
    });
    expect((await other.admin("restore", archive)).err).toContain("the restore was interrupted: nothing was changed");
    expect(await allRows(empty)).toEqual({});
    expect(readdirSync(other.stateFolder)).toEqual([]);
    expect(await other.admin("restore", archive)).toMatchObject({ status: 0 });
    expect(await allRows(empty)).toEqual(rows);
  });
});

/** More with BASALT_SOAK=1; where the restore is killed differs with the machine's speed. */
const kills = process.env.BASALT_SOAK === "1" ? Array.from({ length: 40 }, (_, i) => 300 + 50 * i) : [];

describe("a restore that is killed", () => {
  let built: BuiltCommand;
  beforeAll(async () => {
    built = await buildCommand();
  }, 120_000);
  afterAll(() => built[Symbol.dispose]());

  /** Runs it in a process of its own, and kills that when `when` resolves. */
  async function killed(other: { folder: string; stateFolder: string }, url: string, when: () => Promise<void>) {
    const argv = [built.script, "admin", "--state-folder", other.stateFolder, "restore", archive];
    const child = spawn(process.execPath, argv, { env: { ...process.env, DATABASE_URL: url }, stdio: "ignore" });
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    await Promise.race([when(), ended]);
    child.kill("SIGKILL");
    await ended;
  }

  async function whole(other: ReturnType<typeof openAdminBench>, empty: Awaited<ReturnType<typeof testStore>>) {
    expect(await allRows(empty)).toEqual(rows);
    expect(filesOf(other.stateFolder)).toEqual(files);
    expect(readdirSync(other.stateFolder).sort()).toEqual(["keys", "logs"]);
  }

  it("before its commit has changed nothing; after it, nobody takes the half for the whole", {
    timeout: 120_000,
  }, async () => {
    for (const marked of [true, false]) {
      await using empty = await testStore({ empty: true });
      using other = openAdminBench({ url: empty.secretUrl });
      const { signal } = new AbortController();
      await killed(other, empty.secretUrl, async () => {
        for (;;) {
          if (
            marked
              ? existsSync(join(other.stateFolder, "restore-began.json"))
              : (await empty.knex.raw("select to_regclass('jobs') as id")).rows[0].id !== null
          )
            return;
          await systemClock.sleep(1, { signal });
        }
      });
      if (existsSync(join(other.stateFolder, "restore-began.json"))) {
        const { err } = await other.admin("workers", "list");
        // before anything was changed, there is nothing half done to warn of
        const began = !err.includes("is empty: 'basalt admin init'");
        if (began) {
          expect(err).toContain("was interrupted: run 'basalt admin restore");
          expect((await other.admin("check")).out + (await other.admin("check")).err).toContain("was interrupted");
        }
        expect(await other.admin("restore", archive)).toMatchObject({ status: 0 });
      } else if (!(await empty.knex.raw("select to_regclass('jobs') as id")).rows[0].id) {
        expect(await other.admin("restore", archive)).toMatchObject({ status: 0 });
      }
      await whole(other, empty);
    }
  });

  it.each(kills)("after %i ms, begins anew", { timeout: 120_000 }, async (ms) => {
    await using empty = await testStore({ empty: true });
    using other = openAdminBench({ url: empty.secretUrl });
    const { signal } = new AbortController();
    await killed(other, empty.secretUrl, () => systemClock.sleep(ms, { signal }));
    const again = await other.admin("restore", archive);
    if (again.status !== 0) expect(again.err).toContain("is not empty");
    await whole(other, empty);
  });
});
