import { asObject, isJsonObject, readYamlFast } from "@basalt/core";
import type { LogLine } from "@basalt/web";

/** A line of a log as it was written: `{"dt": ..., "lvl": ..., "msg": ...}`. */
export interface LogRecord {
  readonly dt: string;
  readonly lvl: string;
  readonly msg: unknown;
  readonly ns?: string;
}

/** Reads `- {...}`; a line that can't be read is shown as it is. */
export function readRecord(line: string): LogRecord {
  const item = line.startsWith("- ") ? line.slice(2) : line;
  const value = asObject(parse(item));
  const { dt, lvl, msg, ns } = value;
  if (lvl === undefined) return { dt: "", lvl: "unknown", msg: item };
  return { dt: String(dt ?? ""), lvl: String(lvl), msg, ...(typeof ns === "string" ? { ns } : {}) };
}

/** Our own writer's lines are JSON; those of others may be any YAML (LAVA's writes numbers as `! "5"`). */
function parse(item: string): unknown {
  try {
    return JSON.parse(item);
  } catch {
    try {
      return readYamlFast(item);
    } catch {
      return undefined;
    }
  }
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : (JSON.stringify(value) ?? ""));

/** `09:12:34.567` */
const timeOf = (dt: string): string => /T(\d\d:\d\d:\d\d(?:\.\d{1,3})?)/.exec(dt)?.[1] ?? "";

/** Characters of a line that a page shows: what a board sends without a line's end can be megabytes. */
const longest = 4_000;

const shortened = (text: string): Pick<LogLine, "text" | "left"> =>
  text.length > longest ? { text: text.slice(0, longest), left: text.length - longest } : { text };

/** Line `number` (from 1) for the page. */
export function logLine(line: string, number: number): LogLine {
  const { dt, lvl, msg, ns } = readRecord(line);
  const shared = { number, time: timeOf(dt), level: lvl, ...(ns === undefined ? {} : { namespace: ns }) };
  if (lvl !== "results" || !isJsonObject(msg)) return { ...shared, ...shortened(textOf(msg)) };
  const { definition, case: name, result, duration, measurement, units, error_type, error_msg } = msg;
  const more = [
    measurement === undefined ? [] : `${textOf(measurement)} ${units === undefined ? "" : textOf(units)}`.trim(),
    duration === undefined ? [] : `${textOf(duration)} s`,
    error_type === undefined ? [] : textOf(error_type),
    error_msg === undefined ? [] : textOf(error_msg),
  ].flat();
  return {
    ...shared,
    text: "",
    result: { suite: textOf(definition), name: textOf(name), word: textOf(result), more: more.join(" · ") },
  };
}

/** Whole lines of a part of a log. */
export function splitLines(text: Buffer): readonly string[] {
  const lines = text.toString("utf8").split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}
