import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { type BasaltError, type Clock, infrastructureError, isBasaltError } from "@basalt/core";
import type { StoreLog } from "../log.js";
import { programEnvironment } from "./binaries.js";
import type { Cluster } from "./init-cluster.js";
import { type Listening, postgresArguments } from "./settings.js";

const run = promisify(execFile);

/** A PostgreSQL that accepts connections. */
export interface Postgres {
  readonly pid: number;
  /** Resolves when it has ended, with what it said last. */
  readonly ended: Promise<string>;
  /** Open transactions are rolled back, data written; resolves when it has ended. */
  stop(): Promise<void>;
}

/** Crash recovery of a large database takes minutes on a slow disk. */
const startLimitMs = 600_000;
const fastStopMs = 30_000;
const immediateStopMs = 5_000;
const keptLines = 20;

/**
 * util-linux's `setpriv` asks the kernel to send SIGINT (a fast, clean shutdown) when we die, even by SIGKILL: no database is left behind.
 * Where it is missing (macOS, busybox) the next start ends the orphan.
 */
async function diesWithUs(): Promise<readonly string[]> {
  if (process.platform !== "linux") return [];
  const prefix = ["setpriv", "--pdeathsig", "INT"];
  return run("setpriv", [...prefix.slice(1), "true"]).then(
    () => prefix,
    () => [],
  );
}

/** Forwards what PostgreSQL says to the log; keeps the last lines for an error. */
function follow(child: ChildProcess, log: StoreLog, onReady: () => void): () => string {
  const last: string[] = [];
  const lines = createInterface({ input: child.stderr ?? process.stdin });
  lines.on("line", (line) => {
    last.push(line);
    if (last.length > keptLines) last.shift();
    if (line.includes("database system is ready to accept connections")) onReady();
    const text = `postgres: ${line.replace(/^(?:LOG|FATAL|PANIC):\s+/, "")}`;
    // a client refused while starting or stopping is not news
    if (/^PANIC:/.test(line)) log.error(text);
    else log.debug(text);
  });
  return () => last.join("\n");
}

async function endedWithin(child: ChildProcess, ended: Promise<string>, ms: number, clock: Clock): Promise<boolean> {
  if (child.exitCode !== null || child.signalCode !== null) return true;
  const waiting = new AbortController();
  const limit = clock.sleep(ms, { signal: waiting.signal }).then(
    () => false,
    () => true,
  );
  const done = await Promise.race([ended.then(() => true), limit]);
  waiting.abort();
  return done;
}

export interface StartOptions {
  readonly cluster: Cluster;
  readonly listening: Listening;
  readonly clock: Clock;
  readonly log: StoreLog;
}

/** PostgreSQL ended before it accepted connections. `said`: its last lines. */
export const startError = (cluster: Cluster, said: string, killed = false): BasaltError =>
  infrastructureError(
    "ERR_DATABASE_START",
    `PostgreSQL in ${cluster.dataFolder} did not start: ${said || "it said nothing"}; correct what it complains about, or set DATABASE_URL`,
    { details: { folder: cluster.dataFolder, said, killed } },
  );

/** Whether it did not start because somebody killed it, rather than for a reason of its own. */
export const wasKilled = (error: unknown): boolean =>
  isBasaltError(error) && error.code === "ERR_DATABASE_START" && error.details.killed === true;

/** Starts PostgreSQL as a child and resolves when it accepts connections; after a crash that is after its recovery. */
export async function startPostgres({ cluster, listening, clock, log }: StartOptions): Promise<Postgres> {
  const { binaries, dataFolder, user } = cluster;
  const [program = "", ...args] = [
    ...(await diesWithUs()),
    binaries.postgres,
    ...postgresArguments(dataFolder, listening),
  ];
  const child = spawn(program, args, {
    cwd: "/",
    env: programEnvironment(binaries),
    stdio: ["ignore", "ignore", "pipe"],
    // a session of its own: Ctrl-C in our terminal must not end it before us
    detached: true,
    ...(user ? { uid: user.uid, gid: user.gid } : {}),
  });
  let ready = (): void => {};
  const isReady = new Promise<true>((resolve) => {
    ready = () => resolve(true);
  });
  const lastLines = follow(child, log, () => ready());
  const ended = Promise.race([
    once(child, "close").then(() => lastLines()),
    once(child, "error").then(([error]) => String(error)),
  ]);
  const stop = async (): Promise<void> => {
    for (const [signal, ms] of [
      ["SIGINT", fastStopMs],
      ["SIGQUIT", immediateStopMs],
    ] as const) {
      child.kill(signal);
      if (await endedWithin(child, ended, ms, clock)) return;
      log.warning(`postgres did not end within ${ms / 1000} s of ${signal}`);
    }
    child.kill("SIGKILL");
    await ended;
  };
  using limit = clock.deadline(startLimitMs, "starting PostgreSQL");
  const tooLong = new Promise<false>((resolve) => {
    limit.signal.addEventListener("abort", () => resolve(false), { once: true });
  });
  const first = await Promise.race([isReady, ended, tooLong]);
  if (first === true && child.pid !== undefined) return { pid: child.pid, ended, stop };
  if (first === false) await stop();
  throw startError(cluster, typeof first === "string" ? first : lastLines(), child.signalCode === "SIGKILL");
}
