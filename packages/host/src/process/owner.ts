import { readFileSync } from "node:fs";

/** When a process started, in clock ticks since boot; undefined where it does not run or there is no /proc. */
function startTime(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

/** This process, as a line of text that another process of this machine can test with {@link ownerIsAlive}. */
export const ownerLine = (): string => `${process.pid} ${startTime(process.pid) ?? "?"}`;

/** Whether the process that wrote the line still runs; its number alone could be a stranger's by now. */
export function ownerIsAlive(line: string): boolean {
  const [pid = "", started] = line.trim().split(" ");
  if (!/^[1-9]\d*$/.test(pid)) return false;
  if (started !== "?") return startTime(Number(pid)) === started;
  try {
    process.kill(Number(pid), 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
