import type { LogLine } from "@basalt/web";
import type { Asker, JobId, JobService } from "../../services/types.js";
import { logLine, splitLines } from "./log-lines.js";

/** Lines shown at once. */
export const partLines = 400;
/** Lines of one look where only some levels are wanted, and how many looks one request may take: what keeps it from reading a long log whole. */
const lookLines = 5_000;
const mostLooks = 20;

/** Where to look: on from a line, back from before a line, or around one; all from 1. */
export type LogPlace = { readonly from: number } | { readonly to: number } | { readonly around: number };

export interface LogPartView {
  readonly lines: readonly LogLine[];
  /** First line that was looked at, and the one after the last. */
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly finished: boolean;
}

type Jobs = Pick<JobService, "log">;

export interface LogQuestion {
  readonly asker: Asker;
  readonly id: JobId;
  readonly place: LogPlace;
  /** All where there are none. */
  readonly levels: readonly string[];
  /** Only lines that have it, small letters or large; all where it is empty. */
  readonly text?: string;
  readonly limit?: number;
}

/** A part of a log, of some levels or all. Takes no longer at the end of a long log than at its start. */
export async function readLogPart(jobs: Jobs, question: LogQuestion): Promise<LogPartView> {
  const { asker, id, place, levels, text = "", limit = partLines } = question;
  const isWhole = levels.length === 0 && text === "";
  const { count } = await jobs.log(asker, id, { start: 0, end: 0 });
  if (limit === 0) return { ...(await readRange(jobs, question, { start: 0, end: 0 })), lines: [], from: 1, to: 1 };
  if (!("to" in place)) {
    const first = "from" in place ? place.from - 1 : Math.min(place.around, count) - 1 - Math.floor(limit / 2);
    const start = Math.max(0, first);
    return isWhole
      ? readRange(jobs, question, { start, end: start + limit })
      : searchOn(jobs, question, { start, count, limit });
  }
  const end = Math.max(0, Math.min(place.to - 1, count));
  return isWhole
    ? readRange(jobs, question, { start: Math.max(0, end - limit), end, last: true })
    : searchBack(jobs, question, { end, limit });
}

interface Range {
  readonly start: number;
  readonly end: number;
  /** Where they are too many bytes: the last lines instead of the first. */
  readonly last?: boolean;
}

async function readRange(jobs: Jobs, question: LogQuestion, range: Range): Promise<LogPartView> {
  const { asker, id, levels } = question;
  const wanted = question.text?.toLowerCase() ?? "";
  const { text, count, finished, start } = await jobs.log(asker, id, range);
  const marks = levels.map((level) => `"lvl": "${level}"`);
  const all = splitLines(text);
  const lines = all.flatMap((line, index) => {
    // reading a line costs more than looking into it; a line of another's writer is read in any case
    if (marks.length > 0 && line.includes('"lvl": "') && !marks.some((mark) => line.includes(mark))) return [];
    const read = logLine(line, start + index + 1);
    return (levels.length === 0 || levels.includes(read.level)) && has(read, wanted) ? [read] : [];
  });
  return { lines, from: start + 1, to: start + all.length + 1, count, finished };
}

function has({ text, result }: LogLine, wanted: string): boolean {
  if (wanted === "") return true;
  const all = result ? `${result.suite} / ${result.name} ${result.word} ${result.more}` : text;
  return all.toLowerCase().includes(wanted);
}

async function searchOn(
  jobs: Jobs,
  question: LogQuestion,
  { start, count, limit }: { readonly start: number; readonly count: number; readonly limit: number },
): Promise<LogPartView> {
  const lines: LogLine[] = [];
  let at = start;
  let last = { count, finished: false };
  for (let look = 0; look < mostLooks && lines.length < limit && (look === 0 || at < last.count); look++) {
    const part = await readRange(jobs, question, { start: at, end: at + lookLines });
    lines.push(...part.lines);
    at = part.to - 1;
    last = part;
  }
  const kept = lines.slice(0, limit);
  const end = lines.length > limit ? (kept.at(-1)?.number ?? at) : at;
  return { lines: kept, from: start + 1, to: end + 1, count: last.count, finished: last.finished };
}

async function searchBack(
  jobs: Jobs,
  question: LogQuestion,
  { end, limit }: { readonly end: number; readonly limit: number },
): Promise<LogPartView> {
  let lines: readonly LogLine[] = [];
  let at = end;
  let last = { count: end, finished: false };
  for (let look = 0; look < mostLooks && lines.length < limit && (look === 0 || at > 0); look++) {
    const part = await readRange(jobs, question, { start: Math.max(0, at - lookLines), end: at, last: true });
    lines = [...part.lines, ...lines];
    at = part.from - 1;
    last = part;
  }
  const kept = lines.slice(-limit);
  const from = lines.length > limit ? (kept[0]?.number ?? at + 1) : at + 1;
  return { lines: kept, from, to: end + 1, count: last.count, finished: last.finished };
}
