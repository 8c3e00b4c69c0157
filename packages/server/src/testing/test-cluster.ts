import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { chmod, chown, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@basalt/core";
import type { DatabaseAddress } from "../store/address.js";
import { findBinaries, linkLibraries, programEnvironment } from "../store/embedded/binaries.js";
import { type Cluster, clusterUser, ensureCluster } from "../store/embedded/init-cluster.js";
import { postgresArguments } from "../store/embedded/settings.js";
import { postgresUser } from "../store/embedded/system-user.js";
import { silentLog } from "../store/log.js";
import { connectStore } from "../store/open-store.js";
import { makeKnex } from "../store/pool.js";

/** Every test database is a copy of this one. */
export const templateName = "basalt_template";

const startLimitMs = 60_000;
const pollMs = 20;
const socketPort = 5432;

/** The vitest that all test processes of this run belong to: the cluster lives as long as it does. */
const runPid = process.ppid;
const folder = join(tmpdir(), `basalt-test-postgres-${process.getuid?.() ?? 0}-${runPid}`);

/**
 * Ends PostgreSQL when the run is over, however it ended: a test process can't, as it is the first of many. Arguments: pid of the run,
 * the cluster's folder, program...
 */
const keeper = `
run=$1; folder=$2; shift 2
"$@" 2>"$folder/log" & pg=$!
while kill -0 $run 2>/dev/null && kill -0 $pg 2>/dev/null; do sleep 0.1; done
kill -QUIT $pg 2>/dev/null; wait $pg
rm -rf "$folder"
`;

async function waitFor<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  using limit = systemClock.deadline(startLimitMs, what);
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    await systemClock.sleep(pollMs, { signal: limit.signal });
  }
}

const text = (name: string): Promise<string | undefined> => readFile(join(folder, name), "utf8").catch(() => undefined);

async function publish(name: string, content: string): Promise<void> {
  await writeFile(join(folder, `${name}.new`), content, { mode: 0o600 });
  await rename(join(folder, `${name}.new`), join(folder, name));
}

const address = (password: string, database: string): DatabaseAddress => ({
  host: join(folder, "run"),
  port: socketPort,
  user: clusterUser,
  database,
  password,
});

function startKeeper(cluster: Cluster): void {
  const listening = { socketFolder: join(folder, "run"), port: socketPort };
  // a test database is thrown away: nothing of it need survive
  const unsafe = {
    fsync: "off",
    synchronous_commit: "off",
    full_page_writes: "off",
    max_connections: "200",
    autovacuum: "off",
  };
  const args = postgresArguments(cluster.dataFolder, listening, unsafe);
  const setUser = cluster.user
    ? ["setpriv", `--reuid=${cluster.user.uid}`, `--regid=${cluster.user.gid}`, "--clear-groups"]
    : [];
  const nowhere = openSync("/dev/null", "r+");
  spawn("sh", ["-c", keeper, "keeper", String(runPid), folder, ...setUser, cluster.binaries.postgres, ...args], {
    cwd: "/",
    env: programEnvironment(cluster.binaries),
    stdio: [nowhere, nowhere, nowhere],
    detached: true,
  }).unref();
  closeSync(nowhere);
}

async function makeCluster(): Promise<void> {
  const dataFolder = join(folder, "data");
  const user = await postgresUser(dataFolder, silentLog);
  const run = join(folder, "run");
  await mkdir(run, { mode: 0o700 });
  await chmod(folder, 0o711);
  if (user) await chown(run, user.uid, user.gid);
  const binaries = await linkLibraries(findBinaries(), join(folder, "lib"));
  const cluster: Cluster = { folder, dataFolder, user, binaries, throwAway: true };
  const password = await ensureCluster(cluster);
  startKeeper(cluster);
  await waitFor("starting the test database", async () =>
    (await text("log"))?.includes("ready to accept connections") ? true : undefined,
  );
  const admin = makeKnex(address(password, "postgres"), { max: 1 });
  try {
    await admin.raw("create database ??", [templateName]);
  } finally {
    await admin.destroy();
  }
  const template = await connectStore({ address: address(password, templateName) });
  await template.close();
  await publish("ready", password);
}

/**
 * The address maker of the PostgreSQL that all test files of this vitest run share. The first file starts it, from the embedded binaries; it ends
 * with the run.
 */
export async function testCluster(): Promise<(database: string) => DatabaseAddress> {
  const first = await mkdir(folder, { mode: 0o711 }).then(
    () => true,
    () => false,
  );
  if (first) {
    await makeCluster().catch(async (error: unknown) => {
      await publish("failed", String(error)).catch(() => {});
      await rm(join(folder, "data"), { recursive: true, force: true });
      throw error;
    });
  }
  const password = await waitFor("waiting for the test database", async () => {
    const failed = await text("failed");
    if (failed !== undefined) throw new Error(`the test database did not start: ${failed}`);
    return text("ready");
  });
  return (database) => address(password, database);
}
