import { chown, mkdir, readFile, realpath, rename, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { type Clock, configurationError, isBasaltError } from "@basalt/core";
import type { DatabaseAddress } from "../address.js";
import type { StoreLog } from "../log.js";
import { makeKnex } from "../pool.js";
import { tryWhileItIsLost } from "../try-while-lost.js";
import { findBinaries, linkLibraries } from "./binaries.js";
import { type Cluster, clusterUser, ensureCluster } from "./init-cluster.js";
import { keepRunning } from "./keep-running.js";
import { endLeftovers } from "./leftovers.js";
import { openerOf, takeOpenerLock } from "./opener-lock.js";
import { openWay, reachableBinaries } from "./reach.js";
import type { Listening } from "./settings.js";
import { startPostgres } from "./start-postgres.js";
import { postgresUser } from "./system-user.js";

/** PostgreSQL of our own, running. */
export interface Embedded {
  readonly address: DatabaseAddress;
  /** Of the postmaster. */
  pid(): number;
  close(): Promise<void>;
}

interface Options {
  readonly stateFolder: string;
  readonly clock: Clock;
  readonly log: StoreLog;
}

const databaseName = "basalt";
const socketPort = 5432;
/** Of `sun_path` in struct sockaddr_un, with the final zero: 108 on Linux, 104 on macOS. */
const longestSocketPath = process.platform === "linux" ? 107 : 103;

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

async function chooseListening(socketFolder: string): Promise<Listening> {
  const path = join(socketFolder, `.s.PGSQL.${socketPort}`);
  if (Buffer.byteLength(path) <= longestSocketPath) return { socketFolder, port: socketPort };
  return { host: "127.0.0.1", port: await freePort() };
}

async function makeFolder(stateFolder: string): Promise<{ readonly state: string; readonly folder: string }> {
  try {
    await mkdir(stateFolder, { recursive: true, mode: 0o700 });
    const state = await realpath(stateFolder);
    const folder = join(state, "postgres");
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return { state, folder };
  } catch (cause) {
    throw configurationError(
      "ERR_DATABASE_FOLDER",
      `making the folder of the database in ${stateFolder} failed: ${(cause as Error).message}; give this user a state folder it may write`,
      { cause, details: { folder: stateFolder } },
    );
  }
}

async function prepareCluster({ stateFolder, clock, log }: Options, folder: string): Promise<Cluster> {
  const dataFolder = join(folder, "data");
  const found = findBinaries();
  const user = await postgresUser(dataFolder, log);
  if (user) await openWay(stateFolder, folder, user);
  const reachable = user ? await reachableBinaries(found, folder, user) : found;
  const cluster = { folder, dataFolder, user, binaries: await linkLibraries(reachable, join(folder, "lib")) };
  await endLeftovers(cluster, { clock, log });
  const socketFolder = join(folder, "run");
  await rm(socketFolder, { recursive: true, force: true });
  await mkdir(socketFolder, { mode: 0o700 });
  if (user) await chown(socketFolder, user.uid, user.gid);
  return cluster;
}

async function ensureDatabase(address: DatabaseAddress): Promise<void> {
  const admin = makeKnex({ ...address, database: "postgres" }, { max: 1 });
  try {
    const { rows } = await admin.raw("select 1 from pg_database where datname = ?", [databaseName]);
    if (rows.length === 0) await admin.raw("create database ??", [databaseName]);
  } finally {
    await admin.destroy();
  }
}

const addressFile = (folder: string): string => join(folder, "address.json");

/** For {@link attachEmbedded}. No password in it. */
async function writeAddress(folder: string, { host, port }: DatabaseAddress): Promise<void> {
  await writeFile(`${addressFile(folder)}.new`, JSON.stringify({ host, port }), { mode: 0o600 });
  await rename(`${addressFile(folder)}.new`, addressFile(folder));
}

const addressOf = (host: string, port: number, password: string): DatabaseAddress => ({
  host,
  port,
  user: clusterUser,
  database: databaseName,
  password,
});

/** What the file system would not do, in words. */
function folderError(folder: string, error: unknown): Error {
  if (isBasaltError(error)) return error;
  const { message, code = "" } = error as NodeJS.ErrnoException;
  const advice = /^(ENOSPC|EDQUOT)$/.test(code)
    ? "make room on its disk"
    : "check the folder's rights, or set DATABASE_URL";
  return configurationError(
    "ERR_DATABASE_FOLDER",
    `preparing the database in ${folder} failed: ${message}; ${advice}`,
    {
      cause: error,
      details: { folder },
    },
  );
}

/**
 * Starts PostgreSQL in `stateFolder/postgres`, made there at the first time, and keeps it running until `close`. One process opens a
 * folder: another gets `ERR_DATABASE_IN_USE`. What a killed server left is ended first; what a killed PostgreSQL had committed is recovered.
 */
export async function openEmbedded(options: Options): Promise<Embedded> {
  const { clock, log } = options;
  const { state, folder } = await makeFolder(options.stateFolder);
  const lock = await takeOpenerLock(folder).catch((error: unknown) => {
    throw folderError(folder, error);
  });
  try {
    const cluster = await prepareCluster({ ...options, stateFolder: state }, folder);
    const password = await ensureCluster(cluster);
    const listening = await chooseListening(join(folder, "run"));
    const kept = await keepRunning(() => startPostgres({ cluster, listening, clock, log }), {
      clock,
      log,
      clear: () => endLeftovers(cluster, { clock, log }),
    });
    const host = "host" in listening ? listening.host : listening.socketFolder;
    const address = addressOf(host, listening.port, password);
    const close = async (): Promise<void> => {
      await kept.stop();
      await lock[Symbol.asyncDispose]();
    };
    try {
      await tryWhileItIsLost(() => ensureDatabase(address), { clock, log });
      await writeAddress(folder, address);
    } catch (error) {
      await close();
      throw error;
    }
    return { address, pid: kept.pid, close };
  } catch (error) {
    await lock[Symbol.asyncDispose]();
    throw folderError(folder, error);
  }
}

/** The address of the PostgreSQL that a running server keeps in this state folder; undefined where no server runs. */
export async function attachEmbedded(stateFolder: string): Promise<DatabaseAddress | undefined> {
  const folder = join(stateFolder, "postgres");
  if ((await openerOf(folder)) === undefined) return undefined;
  try {
    const { host, port } = JSON.parse(await readFile(addressFile(folder), "utf8"));
    return addressOf(String(host), Number(port), (await readFile(join(folder, "password"), "utf8")).trim());
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw configurationError(
      "ERR_DATABASE_FOLDER",
      `reading how to reach the running server's database in ${folder} failed: ${(error as Error).message}; run this as the server's user`,
      { cause: error, details: { folder } },
    );
  }
}
