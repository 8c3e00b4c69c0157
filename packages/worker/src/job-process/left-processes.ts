import { readdir, readFile } from "node:fs/promises";
import type { Clock } from "@basalt/core";
import { jobFolderVariable } from "./job-folder.js";
import { statFields } from "./process-identity.js";

interface Found {
  readonly pid: number;
  readonly parent: number;
}

const lives = (fields: readonly string[]): boolean => fields[0] !== "Z" && fields[0] !== "X";

async function allProcesses(): Promise<readonly Found[]> {
  const names = await readdir("/proc").catch(() => []);
  return names.flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    const fields = statFields(Number(name));
    return fields && lives(fields) ? [{ pid: Number(name), parent: Number(fields[1]) }] : [];
  });
}

async function hasVariable(pid: number, assignment: string): Promise<boolean> {
  // the environment a process was started with; those of other users can't be read, unless we are root
  const text = await readFile(`/proc/${pid}/environ`, "latin1").catch(() => "");
  return text.split("\0").includes(assignment);
}

/**
 * The living processes that a job left: those that inherited its folder in their environment, and all their descendants. This process is
 * not among them. Empty where there is no /proc. What runs as another user, or was started with an emptied environment by a process that
 * is gone, is not found.
 */
export async function leftProcesses(folder: string): Promise<readonly number[]> {
  const assignment = Buffer.from(`${jobFolderVariable}=${folder}`).toString("latin1");
  const all = (await allProcesses()).filter(({ pid }) => pid !== process.pid);
  const marked = await Promise.all(all.map(({ pid }) => hasVariable(pid, assignment)));
  const left = new Set(all.filter((_, index) => marked[index]).map(({ pid }) => pid));
  for (let grew = true; grew; ) {
    const before = left.size;
    for (const { pid, parent } of all) if (left.has(parent)) left.add(pid);
    grew = left.size > before;
  }
  return [...left];
}

function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // it ended meanwhile
    }
  }
}

export interface EndLeftOptions {
  readonly clock: Clock;
  /** Between asking and killing, in milliseconds: a client of a container ends the container when it is asked. */
  readonly graceMs?: number;
  /** What SIGKILL may take, in milliseconds; a process in an uninterruptible sleep is left to the kernel. */
  readonly killMs?: number;
}

const pollMs = 25;

/** Ends all that a job left. Gives those that would not go. */
export async function endLeftProcesses(
  folder: string,
  { clock, graceMs = 2_000, killMs = 5_000 }: EndLeftOptions,
): Promise<readonly number[]> {
  const asked = new Set<number>();
  const signal = new AbortController().signal;
  const startedAt = clock.monotonic();
  for (;;) {
    const left = await leftProcesses(folder);
    const waitedMs = clock.monotonic() - startedAt;
    if (left.length === 0 || waitedMs > graceMs + killMs) return left;
    if (waitedMs >= graceMs) signalAll(left, "SIGKILL");
    else {
      // each once: some programs count (a second SIGTERM means "now")
      const fresh = left.filter((pid) => !asked.has(pid));
      for (const each of ["SIGTERM", "SIGHUP", "SIGCONT"] as const) signalAll(fresh, each);
      for (const pid of fresh) asked.add(pid);
    }
    await clock.sleep(pollMs, { signal });
  }
}
