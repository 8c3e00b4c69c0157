import { type Clock, type ProcessOptions, type ProcessResult, type ProcessRunner, systemClock } from "@basalt/core";
import { findProgram } from "./find-program.js";
import { splitLines } from "./split-lines.js";
import { startProcess } from "./start-process.js";
import { TailBuffer } from "./tail-buffer.js";

/** How much of each stream a result keeps. */
const keptBytes = 1 << 20;

export interface ProcessRunnerOptions {
  readonly clock?: Clock;
  /** Between SIGTERM and SIGKILL; 3 s if absent. */
  readonly graceMs?: number;
}

async function run(
  argv: readonly string[],
  options: ProcessOptions,
  { clock = systemClock, graceMs }: ProcessRunnerOptions,
): Promise<ProcessResult> {
  const startedAt = clock.monotonic();
  const { signal, cwd, env, input, onLine } = options;
  const { child, ended } = await startProcess(argv, {
    clock,
    graceMs,
    signal,
    cwd,
    env,
    stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
  });
  const captures = (["stdout", "stderr"] as const).map((stream) => {
    const tail = new TailBuffer(keptBytes);
    const lines = onLine && splitLines((line) => onLine(line, stream));
    child[stream]?.on("data", (chunk: Buffer) => {
      tail.push(chunk);
      lines?.push(chunk);
    });
    return { tail, lines };
  });
  // a program that does not read its input to the end is no failure: its exit status tells
  child.stdin?.on("error", () => {});
  child.stdin?.end(input);
  try {
    const how = await ended;
    const [stdout = "", stderr = ""] = captures.map(({ tail }) => tail.text());
    return { ...how, stdout, stderr, ms: clock.monotonic() - startedAt };
  } finally {
    for (const { lines } of captures) lines?.end();
  }
}

/** Runs commands of this machine. When the signal aborts, rejects with its reason after the last process of the command is gone. */
export const processRunner = (runnerOptions: ProcessRunnerOptions = {}): ProcessRunner => ({
  run: (argv, options) => run(argv, options, runnerOptions),
  find: (program) => findProgram(program),
});
