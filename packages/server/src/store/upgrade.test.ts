import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Knex } from "knex";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { bundleStoreProcess } from "../testing/store-process.js";
import { testStore } from "../testing/test-store.js";
import { appliedMigrations, migrate } from "./migrate.js";
import { type Migration, migrations } from "./migrations/index.js";
import { openStore } from "./open-store.js";

// A database goes from this version to one that does not exist yet: its migrations are those of today and one more.

const names = migrations.map(({ name }) => name);
const later: Migration = {
  name: "9000-later",
  async up(knex) {
    await knex.schema.alterTable("workers", (table) => void table.text("rack").notNullable().defaultTo("unknown"));
    await knex("workers").update({ rack: knex.raw("upper(name)") });
  },
  async down(knex) {
    await knex.schema.alterTable("workers", (table) => void table.dropColumn("rack"));
  },
};
const future = [...migrations, later];

/** Migrates, and stops for ever in the middle: a worker is changed, a column is there, and nothing is committed. */
const halfway = `import { makeKnex } from "./pool.ts";
import { parseAddress } from "./address.ts";
import { migrate } from "./migrate.ts";
import { migrations } from "./migrations/index.ts";
const knex = makeKnex(parseAddress(process.env.DATABASE_URL));
const half = { name: "9000-later", down: async () => {}, async up(trx) {
  await trx.raw("alter table workers add column rack text");
  await trx("workers").update({ rack: "half", description: "half" });
  console.log("half");
  await new Promise((resolve) => setInterval(resolve, 1e9));
} };
await migrate(knex, [...migrations, half]);`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "basalt-upgrade-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const hasRack = ({ schema }: Knex): Promise<boolean> => schema.hasColumn("workers", "rack");

test("keeps what is there; this version refuses the database then, in words, and changes nothing", async () => {
  await using store = await testStore();
  const { knex } = store;
  await knex("workers").insert({ name: "rack-1", description: "by the door" });
  expect(await migrate(knex, future)).toEqual(["9000-later"]);
  expect(await knex("workers").select("name", "rack", "description")).toEqual([
    { name: "rack-1", rack: "RACK-1", description: "by the door" },
  ]);
  expect(await migrate(knex, future)).toEqual([]);
  await expect(openStore({ url: store.secretUrl, stateFolder: folder })).rejects.toMatchObject({
    code: "ERR_DATABASE_NEWER",
    kind: "configuration",
    message: expect.stringMatching(/\(migration 9000-later; .*start that version or newer, or restore a backup/),
  });
  expect(await appliedMigrations(knex)).toEqual([...names, "9000-later"]);
});

test("a server of before that goes on meanwhile loses nothing, and finds its tables when it is done", async () => {
  await using store = await testStore();
  await using before = await openStore({ url: store.secretUrl, stateFolder: folder });
  await before.knex("workers").insert({ name: "rack-1" });
  const [, done] = await Promise.all([
    Promise.all(Array.from({ length: 20 }, (_, at) => before.knex("workers").insert({ name: `w${at}` }))),
    migrate(store.knex, future),
  ]);
  expect(done).toEqual(["9000-later"]);
  await before.knex("workers").insert({ name: "last" });
  expect(await before.knex("workers").pluck("name")).toHaveLength(22);
});

test("killed in the middle (kill -9), it leaves the database as it was, for either version", async () => {
  await using store = await testStore();
  const { knex } = store;
  await knex("workers").insert({ name: "rack-1", description: "whole" });
  const script = await bundleStoreProcess(folder, halfway);
  const child = spawn(process.execPath, [script], {
    env: { PATH: process.env.PATH, DATABASE_URL: store.secretUrl },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  const [said] = await once(createInterface({ input: child.stdout }), "line");
  expect(said).toBe("half");
  // another server of the new version waits for the one that is at it
  const waiting = migrate(knex, future);
  await vi.waitFor(async () => {
    const { rows } = await knex.raw("select 1 from pg_locks where locktype = 'advisory' and not granted");
    expect(rows).toHaveLength(1);
  });
  child.kill("SIGKILL");
  await exited;
  expect(await waiting).toEqual(["9000-later"]);
  expect(await knex("workers").select("rack", "description")).toEqual([{ rack: "RACK-1", description: "whole" }]);
}, 60_000);

test("killed in the middle, and nobody upgrades: this version goes on as if nothing had been", async () => {
  await using store = await testStore();
  await store.knex("workers").insert({ name: "rack-1" });
  const cut: Migration = {
    ...later,
    async up(trx) {
      await later.up(trx);
      await trx.raw("select pg_terminate_backend(pg_backend_pid())");
    },
  };
  await expect(migrate(store.knex, [...migrations, cut])).rejects.toThrow(/terminat|not queryable/);
  await using same = await openStore({ url: store.secretUrl, stateFolder: folder });
  expect(await hasRack(same.knex)).toBe(false);
  expect(await same.knex("workers").pluck("name")).toEqual(["rack-1"]);
  expect(await appliedMigrations(same.knex)).toEqual(names);
});
