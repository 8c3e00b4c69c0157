import { readdirSync, readFileSync } from "node:fs";

/** Parent of a process; undefined where it is gone. */
function parentOf(pid: number): number | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    // after the command's name, which may hold spaces and parentheses: state ppid
    return Number(text.slice(text.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return undefined;
  }
}

function allProcesses(): readonly number[] {
  try {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

/** Ends all that this process has started, at once and without waiting: the last thing before it goes itself. Does nothing without /proc. */
export function killDescendants(): void {
  const parents = new Map(allProcesses().map((pid) => [pid, parentOf(pid)]));
  const ours = new Set([process.pid]);
  for (let grew = true; grew; ) {
    const before = ours.size;
    for (const [pid, parent] of parents) if (parent !== undefined && ours.has(parent)) ours.add(pid);
    grew = ours.size > before;
  }
  ours.delete(process.pid);
  for (const pid of ours) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // it ended meanwhile
    }
  }
}
