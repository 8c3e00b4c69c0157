import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { readdir, readlink } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Which boot of the machine this is: start times count from it. */
function bootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return "?";
  }
}

/** When a process started, in clock ticks since boot; undefined where it does not run, is a zombie, or there is no /proc. */
function startTicks(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

/** Whether a process of that number exists, be it a zombie. */
export function pidExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** A process's command line in a word. */
const commandMark = (pid: number): string => createHash("sha256").update(commandOf(pid)).digest("hex").slice(0, 16);

/** A process in a line that {@link isAlive} can test later: its number alone could be a stranger's by then. */
export const lineOf = (pid: number): string => `${pid} ${startTicks(pid) ?? "?"} ${bootId()} ${commandMark(pid)}`;

/**
 * Whether the process of the line still runs. Another boot id alone proves nothing: systemd-nspawn and LXC put one of their own over /proc/sys, and a
 * unit with ProtectKernelTunables= sees the machine's instead. Then the same number, start and command line are the same process; only
 * this very process can't be its own predecessor.
 */
export function isAlive(line: string): boolean {
  const [pid = "", started, boot, command] = line.trim().split(" ");
  if (!/^[1-9]\d*$/.test(pid)) return false;
  const number = Number(pid);
  if (started === "?") return pidExists(number);
  if (startTicks(number) !== started) return false;
  return boot === bootId() || (number !== process.pid && command === commandMark(number));
}

async function worksIn(pid: number, folder: string): Promise<boolean> {
  return (await readlink(`/proc/${pid}/cwd`).catch(() => "")) === folder;
}

/**
 * PostgreSQL processes of a data folder (all of them have it as their working folder). Where there is no /proc, only the postmaster whose
 * number is `suspect`.
 */
export async function processesOf(dataFolder: string, suspect: number | undefined): Promise<readonly number[]> {
  const names = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name));
  if (names.length > 0) {
    const pids = names.map(Number).filter((pid) => pid !== process.pid);
    const inside = await Promise.all(pids.map((pid) => worksIn(pid, dataFolder)));
    const commands = pids.filter((_, index) => inside[index]);
    return commands.filter((pid) => /postgres/.test(commandOf(pid)));
  }
  if (suspect === undefined) return [];
  const { stdout } = await run("ps", ["-p", String(suspect), "-o", "command="]).catch(() => ({ stdout: "" }));
  return stdout.includes("postgres") && stdout.includes(dataFolder) ? [suspect] : [];
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}
