import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readPublicKey, readSecretKey } from "@basalt/link";
import { expect, it, vi } from "vitest";
import { openAdminBench } from "../../testing/admin.js";

// the first command loads the whole server
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const modeOf = (path: string): number => statSync(path).mode & 0o777;

it("keys of server and workers are made without a database, and it is said what to copy where", async () => {
  using bench = openAdminBench();
  mkdirSync(bench.stateFolder, { mode: 0o700 });
  const keys = join(bench.stateFolder, "keys");
  expect(await bench.admin("keys", "create", "--server")).toMatchObject({ status: 0 });
  const { status, out } = await bench.admin("keys", "create", "rack-1");
  expect(status).toBe(0);
  expect(out).toContain(`${join(keys, "rack-1.key_secret")} (secret: carry it over safely`);
  expect(out).toContain(`${join(keys, "server.key")} (the server's public key)`);
  expect(out).toContain("basalt worker --name rack-1 --encrypt --server tcp://SERVER:5556\n");
  expect(modeOf(join(keys, "rack-1.key_secret"))).toBe(0o600);
  expect((await readSecretKey(join(keys, "rack-1.key_secret"))).publicKey).toBe(
    await readPublicKey(join(keys, "workers.d/rack-1.key")),
  );
  expect((await bench.admin("keys", "list")).out).toMatch(/^server {2}the server .*\nrack-1 {2}worker /m);
  expect((await bench.admin("keys", "create", "rack-1")).err).toMatch(
    /keys for "rack-1" were not made: .* exists already/,
  );
});

it("what a worker needs can be written to a folder of its own", async () => {
  using bench = openAdminBench();
  await bench.admin("keys", "create", "--server");
  expect(await bench.admin("keys", "create", "rack-2", "--out", "stick")).toMatchObject({ status: 0 });
  expect(readdirSync(join(bench.folder, "stick")).sort()).toEqual(["rack-2.key_secret", "server.key"]);
  expect(readdirSync(join(bench.stateFolder, "keys")).sort()).toEqual(["server.key", "server.key_secret", "workers.d"]);
  expect(readFileSync(join(bench.folder, "stick/server.key"))).toEqual(
    readFileSync(join(bench.stateFolder, "keys/server.key")),
  );
});

it("the worker is told the port that the server's settings name", async () => {
  using bench = openAdminBench();
  const file = join(bench.folder, "server.yaml");
  writeFileSync(file, "workers: tcp://0.0.0.0:36153\n");
  const { out } = await bench.admin("keys", "create", "rack-3", "--config", file);
  expect(out).toContain("--server tcp://SERVER:36153\n");
});

it("a key is removed only when it is meant", async () => {
  using bench = openAdminBench();
  await bench.admin("keys", "create", "rack-1");
  expect((await bench.admin("keys", "remove", "rack1", "--yes")).err).toContain("did you mean 'rack-1'?");
  expect((await bench.admin("keys", "remove", "rack-1")).err).toContain("this would cut worker rack-1 off at once");
  expect(await bench.admin("keys", "remove", "rack-1", "--yes")).toMatchObject({ status: 0 });
  expect(readdirSync(join(bench.stateFolder, "keys"))).toEqual(["workers.d"]);
  expect((await bench.admin("keys", "list")).out).toBe("none\n");
});

it.each([
  [["create"], "name a worker, or say --server"],
  [["create", "a", "--server"], "name a worker, or say --server"],
  [["create", "server"], 'a worker can\'t be named "server"'],
  [["create", "../x"], "can't be the name of a key"],
])("keys %j is refused", async (argv, words) => {
  using bench = openAdminBench();
  const { status, err } = await bench.admin("keys", ...argv);
  expect(status).toBe(2);
  expect(err).toContain(words);
});
