import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import type { Clock } from "@basalt/core";

/** Sends a signal to a process group; false where no process of it is left. */
export function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-pid, signal);
    return true;
  } catch (error) {
    // EPERM: somebody is left, but not ours to signal (a setuid child)
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

interface ProcessFacts {
  readonly pid: number;
  readonly parent: number;
  readonly session: number;
  readonly state: string;
}

/** `/proc/PID/stat` after the command name, which may hold spaces and parentheses: state ppid pgrp session. */
async function readFacts(pid: number): Promise<ProcessFacts | undefined> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, "utf8");
    const [state = "", parent, , session] = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return { pid, state, parent: Number(parent), session: Number(session) };
  } catch {
    return undefined;
  }
}

/** The living processes of a session and all their descendants, even those that opened a session of their own. Empty where there is no /proc. */
export async function sessionMembers(session: number): Promise<readonly number[]> {
  const names = await readdir("/proc").catch(() => []);
  const all = await Promise.all(names.filter((name) => /^\d+$/.test(name)).map((name) => readFacts(Number(name))));
  const living = all.filter((facts) => facts !== undefined).filter(({ state }) => state !== "Z" && state !== "X");
  const members = new Set(living.filter((facts) => facts.session === session).map(({ pid }) => pid));
  for (let grew = true; grew; ) {
    const before = members.size;
    for (const { pid, parent } of living) if (members.has(parent)) members.add(pid);
    grew = members.size > before;
  }
  return living.map(({ pid }) => pid).filter((pid) => members.has(pid));
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

const hasProc = existsSync("/proc/self/stat");

const pollMs = 25;
/** What SIGKILL takes at most; a process in an uninterruptible sleep is left to the kernel. */
const afterKillMs = 1_000;

async function stillThere(session: number, members: ReadonlySet<number>): Promise<readonly number[]> {
  const bySession = await sessionMembers(session);
  const known = await Promise.all([...members].map((pid) => readFacts(pid)));
  const living = known.filter((facts) => facts !== undefined).filter(({ state }) => state !== "Z" && state !== "X");
  return [...new Set([...bySession, ...living.map(({ pid }) => pid)])];
}

/** Waits until nobody is left; false when time was up first. */
async function waitGone(session: number, members: Set<number>, ms: number, clock: Clock): Promise<boolean> {
  using deadline = clock.deadline(ms, "ending a process");
  for (;;) {
    const left = await stillThere(session, members);
    // where /proc shows who lives, zombies do not count: in a container whose init collects nobody they stay for ever
    if (left.length === 0 && (hasProc || !signalGroup(session, 0))) return true;
    for (const pid of left) members.add(pid);
    try {
      await clock.sleep(pollMs, { signal: deadline.signal });
    } catch {
      return false;
    }
  }
}

/**
 * Ends every process of a session that we opened: `signals`, then after `graceMs` SIGKILL. Resolves when none is left.
 * A session, not a group: an interactive shell puts each of its jobs in a group of its own.
 */
export async function endSession(
  session: number,
  options: { readonly clock: Clock; readonly graceMs: number; readonly signals: readonly NodeJS.Signals[] },
): Promise<void> {
  const { clock, graceMs, signals } = options;
  // looked up before the first signal: once a parent is gone, its children in other sessions can't be told from strangers
  const members = new Set(await sessionMembers(session));
  for (const signal of signals) {
    // each once: some programs count (a second SIGTERM means "now")
    if (members.size > 0) signalAll([...members], signal);
    else signalGroup(session, signal);
  }
  if (await waitGone(session, members, graceMs, clock)) return;
  signalGroup(session, "SIGKILL");
  signalAll(await stillThere(session, members), "SIGKILL");
  await waitGone(session, members, afterKillMs, clock);
}
