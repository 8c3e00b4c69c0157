import { createServer } from "node:net";
import { afterAll, describe, expect, it, vi } from "vitest";
import { testStore } from "../testing/test-store.js";
import { parseAddress } from "./address.js";
import { appliedMigrations, migrate } from "./migrate.js";
import { migrations } from "./migrations/index.js";
import { connectStore, openStore } from "./open-store.js";

const store = await testStore();
afterAll(() => store.close());
/** Under load a second is short. */
const eventually = <T>(look: () => T | Promise<T>) => vi.waitFor(look, { timeout: 15_000, interval: 10 });
const withPassword = (password: string): string => store.secretUrl.replace(/:[^:@]+@/, `:${password}@`);
const open = (url: string) => openStore({ url, stateFolder: "/nonexistent" });

async function failure(url: string) {
  const error = await open(url).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error as { code: string; kind: string; message: string; details: object };
}

describe("an address", () => {
  it("is shown without its password", () => {
    const address = parseAddress("postgres://joe:s%40cret@db.lab:5433/basalt?sslmode=disable");
    expect(address).toMatchObject({ host: "db.lab", port: 5433, user: "joe", database: "basalt", password: "s@cret" });
    expect(store.url).not.toContain(parseAddress(store.secretUrl).password);
  });

  it.each(["host=db user=joe password=hunter2", "mysql://joe:hunter2@db/x", "postgres://joe:hunter2@db:port/x"])(
    "that can't be read is refused without being shown: %s",
    async (url) => {
      const error = await failure(url);
      expect(error).toMatchObject({ code: "ERR_DATABASE_URL", kind: "configuration" });
      expect(error.message).not.toContain("hunter2");
    },
  );
});

describe("a server that can't be used", () => {
  it("is not there", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await eventually(() => expect(server.listening).toBe(true));
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    const error = await failure(`postgres://joe:hunter2@127.0.0.1:${port}/lab`);
    expect(error).toMatchObject({ code: "ERR_DATABASE_CONNECTION", kind: "infrastructure" });
    expect(error.details).toMatchObject({ host: "127.0.0.1", port, database: "lab" });
    expect(error.message).toContain(`postgres://joe@127.0.0.1:${port}/lab`);
    expect(JSON.stringify(error)).not.toContain("hunter2");
  });

  it("knows another password", async () => {
    const error = await failure(withPassword("wrong"));
    expect(error).toMatchObject({
      code: "ERR_DATABASE_REFUSED",
      message: expect.stringContaining("the password is wrong"),
    });
    expect(error.message).not.toContain("wrong@");
  });

  it("has no such database", async () => {
    const error = await failure(store.secretUrl.replace(/test_\w+/, "nowhere"));
    expect(error).toMatchObject({ code: "ERR_DATABASE_REFUSED", message: expect.stringContaining("no such database") });
  });

  it("is too old: a server that says so", async () => {
    await using old = await testStore({ empty: true });
    await old.knex.raw(`create schema faked;
      create function faked.current_setting(name text) returns text language sql as
        $$ select case name when 'server_version_num' then '140012' else '14.12 (Debian 14.12-1)' end $$;`);
    const { rows } = await old.knex.raw("select current_database() as name");
    await old.knex.raw("alter database ?? set search_path = faked, pg_catalog, public", [rows[0].name]);
    expect(await failure(old.secretUrl)).toMatchObject({
      code: "ERR_DATABASE_TOO_OLD",
      message: expect.stringContaining("is PostgreSQL 14.12 (Debian 14.12-1); Basalt needs 15 or newer"),
      details: { found: "14.12 (Debian 14.12-1)", needed: 15 },
    });
  });

  it("has another encoding", async () => {
    await using other = await testStore({ empty: true });
    const name = `latin1_of_${(await other.knex.raw("select current_database() as name")).rows[0].name}`;
    await other.knex.raw("create database ?? encoding 'LATIN1' template template0 locale_provider libc locale 'C'", [
      name,
    ]);
    try {
      const error = await failure(other.secretUrl.replace(/test_\w+/, name));
      expect(error).toMatchObject({
        code: "ERR_DATABASE_ENCODING",
        message: expect.stringContaining("has the encoding LATIN1"),
      });
    } finally {
      await other.knex.raw("drop database ??", [name]);
    }
  });
});

describe("migrations", () => {
  it("are run once by servers that start at the same time", async () => {
    await using empty = await testStore({ empty: true });
    expect(await appliedMigrations(empty.knex)).toEqual([]);
    const stores = await Promise.all(Array.from({ length: 4 }, () => open(empty.secretUrl)));
    expect(await appliedMigrations(empty.knex)).toEqual(migrations.map(({ name }) => name));
    expect(await empty.knex("users").pluck("username")).toEqual(["lava-health"]);
    await Promise.all(stores.map((each) => each.close()));
  });

  it("leave nothing behind when one fails", async () => {
    await using empty = await testStore({ empty: true });
    const half = {
      name: "9999-broken",
      down: async () => {},
      up: (knex: typeof empty.knex) => knex.raw("create table half (id int); select 1/0").then(() => {}),
    };
    await expect(migrate(empty.knex, [...migrations, half])).rejects.toThrow("division by zero");
    const { rows } = await empty.knex.raw("select count(*) from pg_class where relnamespace = 'public'::regnamespace");
    expect(rows[0].count).toBe(0);
    expect(await migrate(empty.knex)).toEqual(migrations.map(({ name }) => name));
  });

  it("of a newer Basalt are refused in words", async () => {
    await using newer = await testStore();
    await newer.knex("knex_migrations").insert({ name: "0042-later", batch: 2, migration_time: new Date() });
    expect(await failure(newer.secretUrl)).toMatchObject({
      code: "ERR_DATABASE_NEWER",
      message: expect.stringContaining("newer Basalt (migration 0042-later; this one knows up to"),
    });
  });
});

describe("transactions", () => {
  const increment = (isolation: "serializable" | "read committed", meet: () => Promise<void>) =>
    store.transaction(
      async (trx) => {
        const [row] = await trx("tags").where({ name: "counter" }).select("description");
        await meet();
        await trx("tags")
          .where({ name: "counter" })
          .update({ description: String(Number(row.description) + 1) });
      },
      { isolation },
    );

  /** Lets the first `parties` callers go on together; later ones at once. */
  function rendezvous(parties: number): () => Promise<void> {
    let arrived = 0;
    let open = (): void => {};
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    return () => {
      if (++arrived >= parties) open();
      return opened;
    };
  }

  it("are run again after a serialization failure", async () => {
    await store.knex("tags").insert({ name: "counter", description: "0" });
    const meet = rendezvous(3);
    await Promise.all([1, 2, 3].map(() => increment("serializable", meet)));
    expect(await store.knex("tags").where({ name: "counter" }).first()).toMatchObject({ description: "3" });
  });

  it("are run again after a deadlock", async () => {
    await store.knex("tags").insert([{ name: "left" }, { name: "right" }]);
    const meet = rendezvous(2);
    let runs = 0;
    const swap = (first: string, second: string) =>
      store.transaction(async (trx) => {
        runs++;
        await trx("tags").where({ name: first }).update({ description: first });
        await meet();
        await trx("tags").where({ name: second }).update({ description: first });
      });
    await Promise.all([swap("left", "right"), swap("right", "left")]);
    expect(runs).toBe(3);
  });

  it("give up after their attempts, with the database's own error", async () => {
    let runs = 0;
    const work = store.transaction(
      async (trx) => {
        runs++;
        await trx.raw("do $$ begin raise exception 'again' using errcode = '40001'; end $$");
      },
      { attempts: 3 },
    );
    await expect(work).rejects.toMatchObject({ code: "40001" });
    expect(runs).toBe(3);
  });

  it("are not run again after another error, and leave nothing", async () => {
    let runs = 0;
    const work = store.transaction(async (trx) => {
      runs++;
      await trx("tags").insert({ name: "rolled-back" });
      throw new Error("changed my mind");
    });
    await expect(work).rejects.toThrow("changed my mind");
    expect(runs).toBe(1);
    expect(await store.knex("tags").where({ name: "rolled-back" })).toEqual([]);
  });

  it("say so when the connection is lost", async () => {
    const work = store.transaction(async (trx) => {
      await trx.raw("select pg_terminate_backend(pg_backend_pid())");
    });
    await expect(work).rejects.toMatchObject({ code: "ERR_DATABASE_CONNECTION", kind: "infrastructure" });
    expect(await store.knex("users").pluck("username")).toEqual(["lava-health"]);
  });

  it("hold an advisory lock until their end", async () => {
    await using other = await connectStore({ address: parseAddress(store.secretUrl) });
    const order: string[] = [];
    const first = store.withAdvisoryLock("one lab", async () => {
      expect(await other.tryAdvisoryLock("one lab", async () => "never")).toEqual({ taken: false });
      expect(await other.tryAdvisoryLock("another lab", async () => "free")).toEqual({ taken: true, value: "free" });
      const waiting = other.withAdvisoryLock("one lab", async () => order.push("second"));
      await eventually(async () => {
        const { rows } = await store.knex.raw("select 1 from pg_locks where locktype = 'advisory' and not granted");
        expect(rows).toHaveLength(1);
      });
      order.push("first");
      return { waiting };
    });
    await (await first).waiting;
    expect(order).toEqual(["first", "second"]);
  });
});

describe("listening", () => {
  it("hears what other servers commit, per channel, and nothing that was rolled back", async () => {
    await using other = await connectStore({ address: parseAddress(store.secretUrl) });
    const heard: string[] = [];
    const jobs = await store.listen("basalt_jobs", (payload) => heard.push(`jobs ${payload}`));
    const again = await store.listen("basalt_jobs", (payload) => heard.push(`again ${payload}`));
    await store.listen('Odd "name"', (payload) => heard.push(`odd ${payload}`));
    await expect(
      other.transaction(async (trx) => {
        await other.notify(trx, "basalt_jobs", "lost");
        throw new Error("no");
      }),
    ).rejects.toThrow("no");
    await other.transaction((trx) => other.notify(trx, "basalt_jobs", "1"));
    await other.notify(other.knex, 'Odd "name"', "");
    await eventually(() => expect(heard).toEqual(["jobs 1", "again 1", "odd "]));
    await jobs.close();
    await other.notify(other.knex, "basalt_jobs", "2");
    await eventually(() => expect(heard.slice(3)).toEqual(["again 2"]));
    await again.close();
    await other.notify(other.knex, "basalt_jobs", "3");
    await other.notify(other.knex, 'Odd "name"', "after");
    await eventually(() => expect(heard.slice(4)).toEqual(["odd after"]));
  });

  it("comes back after a lost connection and asks to look again", async () => {
    await using listener = await connectStore({ address: parseAddress(store.secretUrl) });
    const heard: string[] = [];
    await listener.listen("a", (payload) => heard.push(payload), { resync: () => heard.push("resync a") });
    await listener.listen("b", (payload) => heard.push(payload), { resync: () => heard.push("resync b") });
    for (let round = 1; round <= 2; round++) {
      await store.knex.raw(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'basalt listener' and datname = current_database()",
      );
      await eventually(() => expect(heard).toEqual(["resync a", "resync b"]));
      await store.notify(store.knex, "b", "still here");
      await eventually(() => expect(heard).toEqual(["resync a", "resync b", "still here"]));
      heard.length = 0;
    }
  });

  it("a listener that throws is logged and harms no other", async () => {
    const errors: string[] = [];
    const quiet = { debug() {}, info() {}, warning() {}, error: (message: string) => errors.push(message) };
    await using listener = await connectStore({ address: parseAddress(store.secretUrl), log: quiet });
    const heard: string[] = [];
    await listener.listen("c", () => {
      throw new Error("oops");
    });
    await listener.listen("c", (payload) => heard.push(payload));
    await store.notify(store.knex, "c", "x");
    await eventually(() => expect(heard).toEqual(["x"]));
    expect(errors).toEqual(["a listener failed: c"]);
  });
});

it("knows how its pool stands", async () => {
  await using other = await connectStore({ address: parseAddress(store.secretUrl) });
  await other.transaction(async (trx) => {
    await trx.raw("select 1");
    expect(other.pool()).toMatchObject({ used: 1, waiting: 0 });
  });
  expect(other.pool()).toMatchObject({ used: 0, max: 10 });
});
