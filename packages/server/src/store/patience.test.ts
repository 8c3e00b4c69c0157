import { FakeClock } from "@basalt/testing";
import { afterAll, expect, it, vi } from "vitest";
import { databaseGate } from "../testing/database-gate.js";
import { testStore } from "../testing/test-store.js";
import { parseAddress } from "./address.js";
import { connectStore } from "./open-store.js";
import { watchPool } from "./patience.js";
import { makeKnex } from "./pool.js";

const store = await testStore();
afterAll(() => store.close());

async function behindGate() {
  const gate = await databaseGate(store);
  const clock = new FakeClock();
  const mine = await connectStore({ address: parseAddress(gate.url), clock, migrate: false });
  return {
    ...{ gate, clock, mine },
    waiting: (count: number) => vi.waitFor(() => expect(mine.pool().waiting).toBe(count), { timeout: 15_000 }),
    async [Symbol.asyncDispose]() {
      await mine.close();
      await gate[Symbol.asyncDispose]();
    },
  };
}

const refusal = {
  code: "ERR_DATABASE_CONNECTION",
  kind: "infrastructure",
  message: expect.stringMatching(
    /^waiting for a connection to the database postgres:.* failed: .*is PostgreSQL running/,
  ),
};

it("refuses after a second who asks in brief, while the others wait until the database is there again", async () => {
  await using lab = await behindGate();
  const { mine, gate, clock } = lab;
  await gate.shut();
  const patient = mine.knex.raw("select 1 as one").then(({ rows }) => rows);
  const asked = expect(mine.briefly(() => mine.knex.raw("select 2"))).rejects.toMatchObject(refusal);
  const changes = expect(mine.briefly(() => mine.transaction(async () => {}))).rejects.toMatchObject(refusal);
  await lab.waiting(3);
  await clock.advance(999);
  await lab.waiting(3);
  await clock.advance(1);
  await Promise.all([asked, changes]);
  await gate.open();
  expect(await patient).toEqual([{ one: 1 }]);
  expect(await mine.briefly(() => mine.knex.raw("select 2 as two")).then(({ rows }) => rows)).toEqual([{ two: 2 }]);
});

it("refuses all when the program ends, also those who wait already", async () => {
  await using lab = await behindGate();
  await lab.gate.shut();
  const patient = expect(lab.mine.knex.raw("select 1")).rejects.toMatchObject(refusal);
  await lab.waiting(1);
  await lab.clock.advance(1_000);
  await lab.waiting(1);
  lab.mine.hurry();
  await patient;
});

it("says in words that all connections are in use", async () => {
  const address = parseAddress(store.secretUrl);
  const knex = makeKnex(address, { max: 1 });
  const { briefly } = watchPool(knex, { address, clock: new FakeClock() });
  const held = await knex.transaction();
  (knex.client.pool as { acquireTimeoutMillis: number }).acquireTimeoutMillis = 50;
  await expect(briefly(() => knex.raw("select 1"))).rejects.toMatchObject({
    code: "ERR_DATABASE_CONNECTION",
    message: expect.stringContaining("all 1 connections of this server to the database were in use"),
  });
  await held.rollback();
  await knex.destroy();
});
