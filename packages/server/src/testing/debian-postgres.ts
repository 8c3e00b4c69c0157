import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, chown, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { postgresUser } from "../store/embedded/system-user.js";
import { silentLog } from "../store/log.js";

const binOf = (major: number): string => `/usr/lib/postgresql/${major}/bin`;

/** Whether Debian's PostgreSQL of that version is installed here. */
export const hasDebianPostgres = (major: number): boolean => existsSync(join(binOf(major), "postgres"));

/** A throw-away server of Debian's PostgreSQL with an empty database, for a user who is no superuser. */
export async function debianPostgres(major: number): Promise<AsyncDisposable & { readonly url: string }> {
  const folder = await mkdtemp(join(tmpdir(), `basalt-postgres-${major}-`));
  const user = await postgresUser(join(folder, "data"), silentLog);
  const as = user ? { uid: user.uid, gid: user.gid } : {};
  if (user) await chown(folder, user.uid, user.gid);
  await chmod(folder, 0o700);
  const initdb = [
    "-D",
    join(folder, "data"),
    "-U",
    "admin",
    "--auth=trust",
    "--encoding=UTF8",
    "--locale=C.UTF-8",
    "--no-sync",
  ];
  await promisify(execFile)(join(binOf(major), "initdb"), initdb, { cwd: "/", ...as });
  const args = [
    "-D",
    join(folder, "data"),
    "-c",
    "listen_addresses=",
    "-c",
    `unix_socket_directories=${folder}`,
    "-c",
    "fsync=off",
  ];
  const child = spawn(join(binOf(major), "postgres"), args, { cwd: "/", stdio: ["ignore", "ignore", "pipe"], ...as });
  const ended = once(child, "exit");
  for await (const line of createInterface({ input: child.stderr })) if (line.includes("ready to accept")) break;
  child.stderr.resume();
  const psql = ["-h", folder, "-U", "admin", "-d", "postgres", "-v", "ON_ERROR_STOP=1"];
  const setUp = ["-c", "create role lab login", "-c", "create database lab owner lab"];
  await promisify(execFile)(join(binOf(major), "psql"), [...psql, ...setUp]);
  return {
    url: `postgres://lab@/lab?host=${folder}`,
    async [Symbol.asyncDispose]() {
      child.kill("SIGINT");
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
