import type { LogLine } from "@basalt/web";
import type { Asker, JobService } from "../../services/types.js";
import { logLine, splitLines } from "./log-lines.js";

/** Lines before the one that are looked at, those after it, and how many are shown. */
const before = 60;
const after = 2;
const shown = 8;
/** Characters of a line: the log itself has all of it. */
const longest = 400;

/** What our own steps say of themselves; the board and what went wrong say more. */
const isNoise = ({ level, text }: LogLine): boolean =>
  level === "debug" || level === "results" || level === "feedback" || /^(start|end): \d/.test(text);

export interface ExcerptQuestion {
  readonly asker: Asker;
  readonly id: number;
  /** From 1; without one there is nothing to show. */
  readonly line: number | undefined;
}

/** What a log says at a line and just before: for a job that failed, what its board said last, and the error. */
export async function readExcerpt(
  jobs: Pick<JobService, "log">,
  { asker, id, line }: ExcerptQuestion,
): Promise<readonly LogLine[]> {
  if (line === undefined) return [];
  const range = { start: Math.max(0, line - 1 - before), end: line + after, last: true };
  const { text, start } = await jobs.log(asker, id, range);
  const lines = splitLines(text).map((each, index) => logLine(each, start + index + 1));
  return lines
    .filter((each) => !isNoise(each))
    .slice(-shown)
    .map((each) => (each.text.length > longest ? { ...each, text: `${each.text.slice(0, longest)}…` } : each));
}
