import { appendFileSync, existsSync, readdirSync, readFileSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import type { Random } from "./random.js";

/** A log that grows, in a server's folder. */
interface GrowingLog {
  readonly job: number;
  readonly text: string;
  readonly index: string;
}

export const textOf = (logs: string, job: number): string =>
  join(logs, String(Math.floor(job / 1_000)), String(job), "output.yaml");

/** Logs that are not packed yet. */
export function growingLogs(logs: string): readonly GrowingLog[] {
  if (!existsSync(logs)) return [];
  return readdirSync(logs, { recursive: true })
    .map(String)
    .flatMap((name) => /(\d+)\/output\.yaml$/.exec(name) ?? [])
    .filter((part) => /^\d+$/.test(part))
    .map(Number)
    .sort((a, b) => a - b)
    .map((job) => ({ job, text: textOf(logs, job), index: textOf(logs, job).replace(/yaml$/, "idx") }));
}

/** Whole lines of a file; undefined where it is gone. */
export function linesOf(path: string): number | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch {
    return undefined;
  }
  let lines = 0;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) lines++;
  return lines;
}

/**
 * What a machine that loses power may leave of a log beyond what was acknowledged: a line that is cut short, an index that lacks entries or
 * has nonsense. The server must be dead. @returns what was done
 */
export function tear(logs: string, random: Random): string | undefined {
  const changed = ({ text }: GrowingLog): number => statSync(text).mtimeMs;
  // those that go on growing
  const latest = [...growingLogs(logs)].sort((a, b) => changed(b) - changed(a));
  const log = random.pick(latest.slice(0, 3));
  if (!log || !existsSync(log.index)) return undefined;
  const how = random.weighted({ line: 3, lost: 1, nonsense: 2 });
  const { size } = statSync(log.index);
  if (how === "line") appendFileSync(log.text, '- {"dt": "2026-');
  if (how === "lost") truncateSync(log.index, random.below(size / 8 + 1) * 8);
  if (how === "nonsense") appendFileSync(log.index, Buffer.alloc(8 * (1 + random.below(20)), 7));
  return `log of job ${log.job} torn: ${how}`;
}
