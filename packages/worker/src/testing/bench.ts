import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type BuildOptions, build } from "esbuild";
import { expect } from "vitest";
import { type JobStart, jobFolderVariable } from "../job-process/index.js";

const own = fileURLToPath(new URL("../..", import.meta.url));

/** The job process as a program, and the fake board's plugin, built from their sources. */
export interface Built extends Disposable {
  /** What starts a job process: its argv before the job's folder. */
  readonly command: readonly string[];
  /** What starts a daemon without a server. */
  readonly daemon: readonly string[];
}

/** Builds beside dist, where native packages are found. */
export async function buildJobProcess(): Promise<Built> {
  mkdirSync(join(own, "dist"), { recursive: true });
  const folder = mkdtempSync(join(own, "dist", "test-"));
  const common: BuildOptions = {
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    conditions: ["@basalt/source"],
    logLevel: "warning",
    banner: {
      js: 'import { createRequire as makeRequire } from "node:module"; const require = makeRequire(import.meta.url);',
    },
  };
  await build({
    ...common,
    entryPoints: ["job-process", "daemon"].map((name) => join(own, `src/testing/${name}-entry.ts`)),
    outdir: join(folder, "program"),
    outExtension: { ".js": ".mjs" },
    external: ["@lydell/node-pty", "ssh2", "cpu-features"],
  });
  await build({
    ...common,
    entryPoints: [join(own, "fixtures/fake-board/index.js")],
    outdir: join(folder, "plugin"),
  });
  cpSync(join(own, "fixtures/fake-board/package.json"), join(folder, "plugin/package.json"));
  return {
    daemon: [process.execPath, join(folder, "program/daemon-entry.mjs")],
    command: [process.execPath, join(folder, "program/job-process-entry.mjs"), join(folder, "plugin")],
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export interface JobOptions {
  readonly job?: number;
  readonly method?: string;
  readonly start?: Partial<JobStart>;
  readonly more?: object;
  readonly power?: object;
}

/** A folder for a worker's state, a board of the fake kind, and what was done to its outlet. */
export interface Bench extends Disposable {
  /** The worker's state folder. */
  readonly state: string;
  /** Where jobs keep temporary folders (TMPDIR). */
  readonly scratch: string;
  path(name: string): string;
  job(steps: readonly object[], options?: JobOptions): JobStart;
  power(): readonly string[];
  /** Files and folders that jobs left in their download folder. */
  left(): readonly string[];
}

export function openBench(): Bench {
  const folder = mkdtempSync(join(tmpdir(), "basalt-worker-"));
  const [state, scratch, outlet] = ["state", "scratch", "power.log"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  mkdirSync(state, { mode: 0o700 });
  mkdirSync(scratch);
  return {
    state,
    scratch,
    path: (name) => join(folder, name),
    job(steps, { job = 42, method = "fake", start = {}, more = {}, power = {} } = {}) {
      const definition = {
        job_name: "a job",
        device_type: "fake",
        visibility: "public",
        timeouts: { job: { minutes: 5 }, actions: { finalize: { seconds: 10 } } },
        actions: [{ boot: { method, steps } }],
        ...more,
      };
      const device = {
        hostname: "fake01",
        devicetype: "fake",
        constants: {},
        parameters: {},
        power: { driver: "fake-outlet", file: outlet, ...power },
        actions: { boot: { methods: { [method]: null } } },
        timeouts: { actions: {}, connections: {} },
      };
      return {
        job,
        definition: JSON.stringify(definition),
        device: JSON.stringify(device),
        dispatcher: "",
        env: "",
        envDut: "",
        compatibility: method === "fake-new" ? 7 : 1,
        version: "9.9.9",
        ...start,
      };
    },
    power: () => (existsSync(outlet) ? readFileSync(outlet, "utf8").trim().split("\n") : []),
    left: () => readdirSync(scratch, { recursive: true }).map(String),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }),
  };
}

/** Makes the folder of a job as the daemon does. */
export function makeFolder({ state }: Bench, start: JobStart): string {
  const folder = join(state, "jobs", String(start.job));
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, "start.json"), JSON.stringify(start), { mode: 0o600 });
  return folder;
}

/** Starts a process over a job's folder as the daemon does. */
export function startProcess(
  { command }: Built,
  { scratch }: Bench,
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
): { readonly child: ChildProcess; readonly ended: Promise<number | string | null>; err(): string } {
  const [program = "", ...args] = command;
  const child = spawn(program, [...args, ...argv], {
    detached: true,
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, TMPDIR: scratch, ...env, [jobFolderVariable]: argv.at(-1) },
  });
  let text = "";
  child.stderr?.setEncoding("utf8").on("data", (more: string) => {
    text += more;
  });
  const ended = new Promise<number | string | null>((resolve) =>
    child.on("exit", (code, signal) => resolve(signal ?? code)),
  );
  return { child, ended, err: () => text };
}

export const logOf = (folder: string): readonly string[] =>
  existsSync(join(folder, "output.yaml")) ? readFileSync(join(folder, "output.yaml"), "utf8").split("\n") : [];

/** Processes that a job's actions started and told in its log (the fake board's step `child`). */
export const childrenOf = (folder: string): readonly number[] =>
  [
    ...logOf(folder)
      .join("\n")
      .matchAll(/child (\d+)/g),
  ].map(([, pid]) => Number(pid));

export const endOf = (folder: string): unknown =>
  existsSync(join(folder, "end.json")) ? JSON.parse(readFileSync(join(folder, "end.json"), "utf8")) : undefined;

export interface Daemon {
  readonly child: ChildProcess;
  out(): string;
  start(order: JobStart): void;
  kill(): Promise<void>;
}

/** Starts a daemon without a server (see daemon-entry.ts). */
export function startDaemon({ daemon, command }: Built, { state, scratch, path }: Bench): Daemon {
  const [program = "", ...args] = daemon;
  const mirror = path("mirror");
  mkdirSync(mirror, { recursive: true });
  const child = spawn(program, [...args, state, JSON.stringify(command), mirror], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, TMPDIR: scratch },
  });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (more: string) => {
    text += more;
  });
  child.stdin.on("error", () => {});
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  return {
    child,
    out: () => text,
    start: (order) => void child.stdin.write(`${JSON.stringify(order)}\n`),
    async kill() {
      child.kill("SIGKILL");
      await gone;
    },
  };
}

/** Whether a process runs; one that is dead and not yet buried does not. */
export function lives(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

/** Waits until a job's log holds the text. */
export async function untilLog(folder: string, pattern: RegExp): Promise<void> {
  const found = (): boolean => pattern.test(logOf(folder).join("\n"));
  await expect.poll(found, { timeout: 10_000, message: String(pattern), interval: 10 }).toBe(true);
}
