import { existsSync, readFileSync } from "node:fs";

/** A process that no other can be mistaken for: pids are used again, also by the next boot. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks from boot to its start (field 22 of /proc/PID/stat); `?` where there is no /proc. */
  readonly started: string;
  /** The kernel's boot id; `?` where there is no /proc. */
  readonly boot: string;
}

const hasProc = existsSync("/proc/self/stat");

const readText = (path: string): string | undefined => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
};

const bootId = (): string => readText("/proc/sys/kernel/random/boot_id")?.trim() ?? "?";

function signalable(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** The fields of /proc/PID/stat behind the command's name, which may hold spaces and parentheses: state ppid pgrp session... */
export function statFields(pid: number): readonly string[] | undefined {
  const text = readText(`/proc/${pid}/stat`);
  return text?.slice(text.lastIndexOf(")") + 2).split(" ");
}

/** A living process; undefined for one that is gone, or only waits to be collected. */
export function identityOf(pid: number): ProcessIdentity | undefined {
  if (!hasProc) return signalable(pid) ? { pid, started: "?", boot: "?" } : undefined;
  const fields = statFields(pid);
  const started = fields?.[19];
  return started === undefined || fields?.[0] === "Z" || fields?.[0] === "X"
    ? undefined
    : { pid, started, boot: bootId() };
}

/** Whether this very process still runs. */
export function isAlive({ pid, started, boot }: ProcessIdentity): boolean {
  const now = identityOf(pid);
  return now !== undefined && now.started === started && now.boot === boot;
}

/** Reads an identity from text. Undefined where it is none. */
export function parseIdentity(text: string): ProcessIdentity | undefined {
  try {
    const { pid, started, boot } = JSON.parse(text) as Partial<ProcessIdentity>;
    if (!Number.isInteger(pid) || Number(pid) <= 0 || typeof started !== "string" || typeof boot !== "string")
      return undefined;
    return { pid: Number(pid), started, boot };
  } catch {
    return undefined;
  }
}
