import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { type Clock, configurationError, infrastructureError } from "@basalt/core";
import { endSession, signalGroup } from "./end-session.js";
import { commandNotFound, findProgram } from "./find-program.js";

export interface StartOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly stdio: StdioOptions;
  readonly cwd?: string | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Between SIGTERM and SIGKILL. */
  readonly graceMs?: number | undefined;
}

/** A child process in a session of its own. */
export interface StartedProcess {
  readonly child: ChildProcess;
  /** Resolves when it has ended and its streams are drained; rejects with the signal's reason once an aborted one is gone. */
  readonly ended: Promise<{ readonly code: number | undefined; readonly endedBy?: string }>;
}

/** lava-dispatcher.md 3.7. */
const defaultGraceMs = 3_000;
/** How long streams that a background child keeps open are read after the command itself has ended. */
const drainMs = 1_000;

function spawnError(argv: readonly string[], cwd: string | undefined, error: NodeJS.ErrnoException): Error {
  const [program = ""] = argv;
  if (cwd !== undefined && !existsSync(cwd)) {
    return infrastructureError("ERR_COMMAND_FAILED", `cannot run "${program}" in ${cwd}: there is no such folder`, {
      cause: error,
      details: { program, cwd },
    });
  }
  if (error.code === "ENOENT" || error.code === "EACCES") return commandNotFound(program, error);
  return infrastructureError("ERR_COMMAND_FAILED", `cannot start "${program}": ${error.message}`, {
    cause: error,
    details: { program },
  });
}

/** Starts a program without a shell, in its own process group, which ends when the signal aborts. */
export async function startProcess(argv: readonly string[], options: StartOptions): Promise<StartedProcess> {
  const [program, ...args] = argv;
  if (program === undefined || program === "")
    throw configurationError("ERR_COMMAND_EMPTY", "there is a command with no words in it: name a program to run");
  const { clock, signal, stdio, cwd, env, graceMs = defaultGraceMs } = options;
  const environment = { ...process.env, ...env };
  // a path may be relative to cwd; a name that is not found is left to spawn, which tells what is wrong
  const found = program.includes("/") ? undefined : await findProgram(program, environment.PATH);
  signal.throwIfAborted();
  const child = spawn(found ?? program, args, { argv0: program, cwd, env: environment, stdio, detached: true });
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", (error) => reject(spawnError(argv, cwd, error)));
  });
  // later errors (a kill that failed) have nobody to hear them; how the process ended says enough
  child.on("error", () => {});
  return { child, ended: watchProcess(child, { clock, signal, graceMs }) };
}

async function watchProcess(
  child: ChildProcess,
  { clock, signal, graceMs }: { clock: Clock; signal: AbortSignal; graceMs: number },
) {
  const pid = child.pid ?? 0;
  let ending: Promise<void> | undefined;
  const onAbort = (): void => {
    ending = endSession(pid, { clock, graceMs, signals: ["SIGTERM"] }).catch(() => {
      signalGroup(pid, "SIGKILL");
    });
  };
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  try {
    const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
    const exited = new Promise<readonly [number | null, NodeJS.Signals | null]>((resolve) =>
      child.once("exit", (code, by) => resolve([code, by])),
    );
    const [code, by] = await exited;
    await drain(child, closed, clock);
    if (ending) await ending;
    signal.throwIfAborted();
    return { code: code ?? undefined, ...(by === null ? {} : { endedBy: by }) };
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** A daemon that the command left behind may hold its pipes for ever: what comes late is not waited for. */
async function drain(child: ChildProcess, closed: Promise<void>, clock: Clock): Promise<void> {
  const stop = new AbortController();
  const late = clock.sleep(drainMs, { signal: stop.signal }).then(
    () => true,
    () => false,
  );
  const held = await Promise.race([closed.then(() => false), late]);
  stop.abort();
  if (!held) return;
  child.stdout?.destroy();
  child.stderr?.destroy();
  child.stdin?.destroy();
}
