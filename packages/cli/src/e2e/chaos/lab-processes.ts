import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStore, type Store } from "@basalt/server";
import { expect } from "vitest";
import type { BuiltCommand } from "../../testing/build-command.js";

/** A process of the lab that is started again when it is killed. */
export interface Daemon {
  readonly name: string;
  /** Undefined before it was started first. */
  readonly pid: number | undefined;
  readonly argv: readonly string[];
  start(): void;
  /** Resolves when it has ended. */
  gone(): Promise<unknown>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGTERM; resolves with its exit status. */
  stop(): Promise<number | null>;
  /** All that its incarnations have said. */
  said(): string;
}

export interface DaemonOptions {
  readonly name: string;
  readonly folder: LabFolder;
  readonly argv: readonly string[];
}

/** A program that runs as a daemon; its output goes to a file. Node, where `argv` does not begin with a program of its own. */
export function makeDaemon({ name, folder, argv }: DaemonOptions): Daemon {
  const output = join(folder.path, `${name}.log`);
  const [program = "", ...args] = argv;
  let child: ChildProcess | undefined;
  let gone: Promise<unknown> = Promise.resolve();
  return {
    name,
    argv,
    gone: () => gone,
    get pid() {
      return child?.pid;
    },
    start() {
      const file = openSync(output, "a");
      const env = { ...process.env, TMPDIR: folder.scratch };
      child = spawn(program, args, { cwd: folder.path, stdio: ["ignore", file, file], env });
      gone = once(child, "exit");
      closeSync(file);
    },
    async kill() {
      child?.kill("SIGKILL");
      await gone;
    },
    async stop() {
      child?.kill("SIGTERM");
      await gone;
      return child?.exitCode ?? null;
    },
    said: () => (existsSync(output) ? readFileSync(output, "utf8") : ""),
  };
}

/** A folder for a lab of real processes. */
export interface LabFolder extends Disposable {
  readonly path: string;
  readonly server: string;
  worker(name: string): string;
  /** Where jobs keep temporary folders (TMPDIR): other labs of this machine have jobs of the same numbers. */
  readonly scratch: string;
  /** Where jobs link their journals to: see the fake board's `count`. */
  readonly journals: string;
  outlet(device: string): string;
}

export function makeLabFolder(): LabFolder {
  const path = mkdtempSync(join(tmpdir(), "basalt-lab-"));
  const [journals, scratch] = [join(path, "journals"), join(path, "scratch")];
  // PostgreSQL does not run as root: its user has to get through
  chmodSync(path, 0o711);
  for (const each of [journals, scratch]) mkdirSync(each);
  return {
    path,
    journals,
    scratch,
    server: join(path, "server"),
    worker: (name) => join(path, `worker-${name}`),
    outlet: (device) => join(path, `outlet-${device}`),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true, maxRetries: 5 }),
  };
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

const basalt = (built: BuiltCommand): readonly string[] => [process.execPath, built.script];

export const serverArguments = (built: BuiltCommand, folder: LabFolder, workers: string): readonly string[] => [
  ...basalt(built),
  ...["server", "--state-folder", folder.server, "--port", "0", "--workers", workers, "--plugin", built.plugin],
  ...["--log-level", "debug"],
];

export const workerArguments = (
  built: BuiltCommand,
  folder: LabFolder,
  { name, server }: { readonly name: string; readonly server: string },
): readonly string[] => [
  ...basalt(built),
  ...["worker", "--server", server, "--name", name, "--state-folder", folder.worker(name), "--plugin", built.plugin],
  ...["--log-level", "debug"],
];

/** The server's own PostgreSQL, as a program beside it reaches it, once it runs. */
export async function openBeside({ server }: LabFolder): Promise<Store> {
  const folder = join(server, "postgres");
  const read = (name: string): string => readFileSync(join(folder, name), "utf8").trim();
  let store: Store | undefined;
  const open = async (): Promise<void> => {
    const { host, port } = JSON.parse(read("address.json"));
    const url = `postgres://basalt:${encodeURIComponent(read("password"))}@/basalt?host=${host}&port=${port}`;
    const opened = await openStore({ url, stateFolder: server, migrate: false });
    // the last of what a server does before it serves
    if (await opened.knex("servers").first()) store = opened;
    else await opened.close();
  };
  const tryIt = (): Promise<boolean> =>
    open().then(
      () => store !== undefined,
      () => false,
    );
  await expect.poll(tryIt, { timeout: 60_000, interval: 50 }).toBe(true);
  return store as unknown as Store;
}

/** The postmaster of the server's own PostgreSQL, if it runs. */
export function postmasterOf({ server }: LabFolder): number | undefined {
  const path = join(server, "postgres/data/postmaster.pid");
  return existsSync(path) ? Number.parseInt(readFileSync(path, "utf8"), 10) : undefined;
}

/** Processes that belong to a lab's folder: by their command line, their environment (of job processes and what these start). */
export function processesOf({ path }: LabFolder): readonly string[] {
  const text = (file: string): string => {
    try {
      return readFileSync(file, "utf8").replaceAll("\0", " ");
    } catch {
      return "";
    }
  };
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => /^\d+ \(.*\) [^ZX] /s.test(text(`/proc/${pid}/stat`)))
    .filter((pid) => `${text(`/proc/${pid}/cmdline`)} ${text(`/proc/${pid}/environ`)}`.includes(`${path}/`))
    .map((pid) => `${pid}: ${text(`/proc/${pid}/cmdline`)}`);
}

/** Whether a process runs; one that is dead and not yet collected does not. */
export function lives(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}
