import { afterAll, expect, it } from "vitest";
import { testStore } from "./test-store.js";

const store = await testStore();
afterAll(() => store.close());

it("is a database of its own with all tables", async () => {
  await using other = await testStore();
  expect(await store.knex("users").pluck("username")).toEqual(["lava-health"]);
  await other.knex("tags").insert({ name: "only-here" });
  expect(await store.knex("tags").pluck("name")).toEqual([]);
  expect(await other.knex("tags").pluck("name")).toEqual(["only-here"]);
});

it("gives values as the rows say", async () => {
  const { rows } = await store.knex.raw(
    "select 9007199254740991::bigint as big, 1.50::numeric(30, 10) as measured, array[1, 2]::bigint[] as bigs, array[1.5]::numeric[] as exact, timestamptz '2026-01-02 03:04:05+02' as at, '{\"a\": [1]}'::jsonb as doc, '\\x00ff'::bytea as bytes",
  );
  expect(rows[0]).toEqual({
    big: 9007199254740991,
    measured: "1.5000000000",
    bigs: [1, 2],
    exact: ["1.5"],
    at: new Date("2026-01-02T01:04:05Z"),
    doc: { a: [1] },
    bytes: Buffer.from([0, 255]),
  });
});

it("drops its database when closed", async () => {
  const gone = await testStore();
  const { rows } = await gone.knex.raw("select current_database() as name");
  await gone.close();
  const { rows: left } = await store.knex.raw("select 1 from pg_database where datname = ?", [rows[0].name]);
  expect(left).toEqual([]);
});
