import { closeSync, constants as files, openSync } from "node:fs";
import { constants } from "node:os";
import {
  type Clock,
  configurationError,
  infrastructureError,
  type PtyProcess,
  type PtySpawner,
  systemClock,
} from "@basalt/core";
import type { IPty } from "@lydell/node-pty";
import { endSession } from "../process/end-session.js";
import { commandNotFound, findProgram } from "../process/find-program.js";
import { type TerminalEnd, terminalWriter } from "./terminal-writer.js";

export interface PtySpawnerOptions {
  readonly clock?: Clock;
  /** Between asking the programs of a terminal to end and killing them. */
  readonly graceMs?: number;
}

/**
 * What is read ahead of the console, in bytes. A UART never waits for its reader, so this is wide; past it the program is held, or a runaway
 * one would fill our memory.
 */
const readAheadBytes = 16 << 20;
/** Wide, so that a remote shell does not fold long typed lines at column 80. */
const size = { cols: 500, rows: 50 };

// loaded when first needed: a native module is no part of starting up
async function loadPty(): Promise<typeof import("@lydell/node-pty")> {
  try {
    return await import("@lydell/node-pty");
  } catch (cause) {
    throw infrastructureError(
      "ERR_PTY_UNAVAILABLE",
      `cannot open pseudo terminals on ${process.platform} ${process.arch}: the binary of @lydell/node-pty could not be loaded; ` +
        "run `npm ci` again without --omit=optional (Linux with glibc 2.28 or newer, or macOS, on x64 or arm64)",
      { cause },
    );
  }
}

function readableOf(term: IPty, ended: Promise<unknown>): ReadableStream<Uint8Array> {
  let paused = false;
  let open = true;
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        // without an encoding the events carry buffers, whatever the types say
        term.onData((data: unknown) => {
          if (!open) return;
          controller.enqueue(data as Uint8Array);
          if ((controller.desiredSize ?? 0) > 0) return;
          paused = true;
          term.pause();
        });
        void ended.then(() => {
          if (open) controller.close();
          open = false;
        });
      },
      pull() {
        if (paused) term.resume();
        paused = false;
      },
      cancel() {
        open = false;
        if (paused) term.resume();
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: readAheadBytes }),
  );
}

function openTerminal(pty: typeof import("@lydell/node-pty"), argv: readonly string[], options: TerminalOptions): IPty {
  const [program = "", ...args] = argv;
  try {
    return pty.spawn(program, args, {
      ...size,
      name: process.env.TERM ?? "linux",
      encoding: null,
      cwd: options.cwd ?? process.cwd(),
      env: { ...process.env, ...options.env },
    });
  } catch (cause) {
    throw infrastructureError(
      "ERR_COMMAND_FAILED",
      `cannot start "${program}" in a pseudo terminal: ${String((cause as Error).message)}`,
      { cause },
    );
  }
}

/**
 * Holds the program's end of the terminal open. Without this, the hang-up at the program's end makes libuv (1.46, Linux) stop after one more
 * read of 4 KiB, and the rest of what the program wrote is lost; with it, node-pty closes our end 200 ms after the program ended.
 */
function holdOpen(term: IPty): () => void {
  const { ptsName } = term as IPty & { readonly ptsName?: string };
  if (!ptsName) return () => {};
  let fd: number | undefined = openSync(ptsName, files.O_RDWR | files.O_NOCTTY);
  return () => {
    if (fd !== undefined) closeSync(fd);
    fd = undefined;
  };
}

type TerminalOptions = Parameters<PtySpawner["spawn"]>[1];

async function spawn(
  argv: readonly string[],
  options: TerminalOptions,
  { clock = systemClock, graceMs = 1_000 }: PtySpawnerOptions,
): Promise<PtyProcess> {
  const [program, ...args] = argv;
  if (program === undefined || program === "")
    throw configurationError("ERR_COMMAND_EMPTY", "there is a command with no words in it: name a program to run");
  // looked up here: in the terminal a missing program is only a text and status 1
  const path = await findProgram(program);
  if (path === undefined) throw commandNotFound(program);
  const term = openTerminal(await loadPty(), [path, ...args], options);
  const exited = new Promise<{ code: number | undefined; endedBy?: string }>((resolve) => {
    term.onExit(({ exitCode, signal }) =>
      resolve(signal ? { code: undefined, endedBy: signalName(signal) } : { code: exitCode }),
    );
  });
  const letGo = holdOpen(term);
  const endAll = (): Promise<void> =>
    endSession(term.pid, { clock, graceMs, signals: ["SIGTERM", "SIGHUP", "SIGCONT"] });
  const closed = new AbortController();
  // what the program leaves behind ends with it, as when a terminal is closed; later its pid could be a stranger's
  const ended = exited.then(() => {
    closed.abort();
    letGo();
    return endAll();
  });
  let disposing: Promise<void> | undefined;
  const end = async (): Promise<void> => {
    const hasEnded = closed.signal.aborted;
    closed.abort();
    if (!hasEnded) await endAll();
    letGo();
    await ended;
  };
  return {
    pid: term.pid,
    exited,
    readable: readableOf(term, exited),
    writable: terminalWriter(term as IPty & TerminalEnd, { program, clock, closed: closed.signal }),
    [Symbol.asyncDispose]: () => {
      disposing ??= end();
      return disposing;
    },
  };
}

const signalName = (number: number): string =>
  Object.entries(constants.signals).find(([, value]) => value === number)?.[0] ?? `signal ${number}`;

/** Opens pseudo terminals that carry bytes. Disposing one ends every process of its session. */
export const ptySpawner = (options: PtySpawnerOptions = {}): PtySpawner => ({
  spawn: (argv, spawnOptions) => spawn(argv, spawnOptions, options),
});
