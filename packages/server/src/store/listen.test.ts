import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FakeClock } from "@basalt/testing";
import { afterAll, expect, it, vi } from "vitest";
import { databaseGate } from "../testing/database-gate.js";
import { testStore } from "../testing/test-store.js";
import { type DatabaseAddress, parseAddress } from "./address.js";
import { makeListener } from "./listen.js";
import { silentLog } from "./log.js";

const eventually = <T>(look: () => T | Promise<T>) => vi.waitFor(look, { timeout: 15_000, interval: 10 });
const store = await testStore();
afterAll(() => store.close());

/** Between a client and the test's database; `swallow()` makes it a firewall that has forgotten the connections there are. */
async function forgetfulFirewall(to: DatabaseAddress) {
  const folder = await mkdtemp(join(tmpdir(), "basalt-wall-"));
  const pairs: [Socket, Socket][] = [];
  const server = createServer((near) => {
    const far = connect(join(to.host, `.s.PGSQL.${to.port}`));
    for (const socket of [near, far]) socket.on("error", () => {});
    near.pipe(far).pipe(near);
    pairs.push([near, far]);
  });
  server.listen(join(folder, ".s.PGSQL.5432"));
  await once(server, "listening");
  return {
    address: { host: folder, port: 5432, user: to.user, database: to.database, password: to.password },
    connections: () => pairs.length,
    swallow() {
      for (const [near, far] of pairs) {
        near.unpipe();
        far.unpipe();
        near.resume();
        far.resume();
      }
    },
    async [Symbol.asyncDispose]() {
      for (const socket of pairs.flat()) socket.destroy();
      server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

it("notices a connection that is dead without having ended", async () => {
  await using wall = await forgetfulFirewall(parseAddress(store.secretUrl));
  const clock = new FakeClock();
  const listener = makeListener({ address: wall.address as DatabaseAddress, clock, log: silentLog });
  const heard: string[] = [];
  await listener.listen("jobs", (payload) => heard.push(payload), { resync: () => heard.push("resync") });
  // a heartbeat that is answered: the next sleep begins
  await clock.advance(30_000);
  await eventually(() => expect(clock.pending).toMatchObject([{ inMs: 30_000 }]));
  expect(wall.connections()).toBe(1);
  wall.swallow();
  await store.notify(store.knex, "jobs", "swallowed");
  await clock.advance(30_000);
  expect(clock.pending).toMatchObject([{ inMs: 10_000, what: "an answer of the database" }]);
  await clock.advance(10_000);
  await eventually(() => expect(heard).toEqual(["resync"]));
  expect(wall.connections()).toBe(2);
  await store.notify(store.knex, "jobs", "heard");
  await eventually(() => expect(heard).toEqual(["resync", "heard"]));
  await listener.close();
  expect(clock.pending).toEqual([]);
});

it("is heard by who begins while the connection is being made again", async () => {
  const clock = new FakeClock();
  const other = makeListener({ address: parseAddress(store.secretUrl), clock, log: silentLog });
  const heard: string[] = [];
  await other.listen("a", (payload) => heard.push(payload), { resync: () => heard.push("resync") });
  const ended =
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'basalt listener' and datname = current_database()";
  await store.knex.raw(ended);
  // the back-off waits for the clock: the connection is gone, and not made yet
  await eventually(() => expect(clock.pending).toMatchObject([{ inMs: 0 }]));
  const begun = other.listen("b", (payload) => heard.push(payload));
  await clock.advance(0);
  await begun;
  await store.notify(store.knex, "b", "new");
  await store.notify(store.knex, "a", "old");
  await eventually(() => expect(heard).toEqual(["resync", "new", "old"]));
  await other.close();
});

it("goes on listening when one ends and another begins at the same time", async () => {
  const heard: string[] = [];
  const first = await store.listen("shared", () => {});
  const [, second] = await Promise.all([first.close(), store.listen("shared", (payload) => heard.push(payload))]);
  await store.notify(store.knex, "shared", "still");
  await eventually(() => expect(heard).toEqual(["still"]));
  await second.close();
});

it("ends while the database is away", async () => {
  await using gate = await databaseGate(store);
  const clock = new FakeClock();
  const listener = makeListener({ address: parseAddress(gate.url), clock, log: silentLog });
  const heard = await listener.listen("a", () => {});
  await gate.shut();
  // it tries again, and will for as long as it takes
  await eventually(() => expect(clock.pending).toMatchObject([{ inMs: 0 }]));
  await heard.close();
  await listener.close();
});
