import { chownSync, mkdirSync, readdirSync } from "node:fs";
import { systemClock } from "@basalt/core";
import { openStore } from "@basalt/server";
import { afterAll, expect, it, vi } from "vitest";
import { openAdminBench } from "../../testing/admin.js";

// the first command loads the whole server
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const bench = openAdminBench();
afterAll(() => bench[Symbol.dispose]());

it("works on the embedded database whether a server keeps it or not", { timeout: 60_000 }, async () => {
  expect(await bench.admin("init")).toMatchObject({
    status: 0,
    out: expect.stringMatching(/superuser admin, password: /),
  });
  // no server: the command starts PostgreSQL for as long as it runs
  expect(await bench.admin("workers", "add", "rack-1")).toMatchObject({ status: 0 });
  {
    await using server = await openStore({ stateFolder: bench.stateFolder, clock: systemClock });
    expect(await server.knex("workers").pluck("name")).toEqual(["rack-1"]);
    // as a server holds it: the command uses the same one, and leaves it running
    expect(await bench.admin("workers", "add", "rack-2")).toMatchObject({ status: 0 });
    expect(await server.knex("workers").orderBy("name").pluck("name")).toEqual(["rack-1", "rack-2"]);
    expect(await bench.admin("backup", "all.tar")).toMatchObject({ status: 0 });
    expect(await bench.admin("restore", "all.tar")).toMatchObject({
      status: 2,
      err: expect.stringContaining("ERR_DATABASE_IN_USE"),
    });
    const { out } = await bench.admin("check", "--all");
    expect(out).toContain("(embedded)");
  }
  expect(await bench.json("workers", "list")).toMatchObject([{ name: "rack-1" }, { name: "rack-2" }]);
});

it.skipIf(process.getuid?.() !== 0)("root makes no database that the server's user could not open", async () => {
  using other = openAdminBench();
  mkdirSync(other.stateFolder);
  chownSync(other.stateFolder, 65_534, 65_534);
  for (const argv of [["init"], ["restore", "all.tar"]]) {
    const { status, err } = await other.admin(...argv);
    expect(status).toBe(2);
    expect(err).toContain("belongs to user 65534, who could not open a database that root makes in it");
  }
  expect(readdirSync(other.stateFolder)).toEqual([]);
});
