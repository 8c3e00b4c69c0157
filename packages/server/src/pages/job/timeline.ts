import { asObject, type JsonObject } from "@basalt/core";
import type { StepState, TimelineStep } from "@basalt/web";
import { readRecord } from "./log-lines.js";

/** A `start:` or `end:` line (spec 8.1). */
export interface StepEvent {
  readonly kind: "start" | "end";
  readonly level: string;
  readonly name: string;
  readonly at: number;
  /** From 1. */
  readonly line: number;
  readonly timeoutMs?: number;
}

/** A result of the suite `lava`: an action that ended. */
export interface StepResult {
  readonly level: string;
  readonly name: string;
  readonly failed: boolean;
  readonly endedAt: number;
  readonly durationMs: number;
}

export interface TimelineFacts {
  readonly plan: readonly JsonObject[];
  readonly events: readonly StepEvent[];
  readonly results: readonly StepResult[];
  /** When the first line was written; milliseconds since the epoch. */
  readonly beganAt: number;
  /** When the job ended, or now. */
  readonly until: number;
  readonly finished: boolean;
}

const pattern =
  /^(start|end): (\d+(?:\.\d+)*) (\S+)(?: \((?:timeout|duration) (?:(\d+) days?, )?(\d+):(\d\d):(\d\d)\))?/;

/** The actions that begin or end in these lines, the first of which is `first` (from 1). */
export function stepEvents(lines: readonly string[], first: number): readonly StepEvent[] {
  return lines.flatMap((line, index): StepEvent[] => {
    if (!line.includes('"start: ') && !line.includes('"end: ')) return [];
    const { dt, lvl, msg } = readRecord(line);
    const match = (lvl === "debug" || lvl === "info") && typeof msg === "string" ? pattern.exec(msg) : null;
    if (!match) return [];
    const [, kind, level = "", name = "", days = "0", hours, minutes = "0", seconds = "0"] = match;
    const ms = ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60_000 + Number(seconds) * 1_000;
    const event = { kind: kind as "start" | "end", level, name, at: Date.parse(dt), line: first + index };
    return [kind === "start" && hours !== undefined ? { ...event, timeoutMs: ms } : event];
  });
}

/** The rows of the suite `lava` that belong to actions: their record has a level. */
export function stepResults(
  cases: readonly {
    readonly name: string;
    readonly result: string;
    readonly measurement: string | null;
    readonly metadata: string;
    readonly logged: Date;
  }[],
): readonly StepResult[] {
  return cases.flatMap(({ name, result, measurement, metadata, logged }) => {
    const level = /"level": ?"(\d+(?:\.\d+)*)"/.exec(metadata)?.[1];
    if (level === undefined) return [];
    const durationMs = Number(measurement ?? 0) * 1_000;
    return [{ level, name, failed: result === "fail", endedAt: logged.getTime(), durationMs }];
  });
}

interface Run {
  readonly fromMs: number;
  toMs: number;
  failed: boolean;
  open: boolean;
}

interface Step {
  name: string;
  timeoutMs?: number | undefined;
  line?: number | undefined;
  readonly runs: Run[];
}

/** How far apart the end of an action in the log and its result may be. */
const sameMs = 1_500;

/**
 * What ran when, from all that is known: the plan names the actions and their time, lines of the log say when they began and ended, results
 * say which failed, and stand in for lines that were not looked at.
 */
export function buildTimeline(facts: TimelineFacts): readonly TimelineStep[] {
  const { plan, events, results, beganAt, until, finished } = facts;
  const steps = new Map<string, Step>();
  const step = (level: string, name: string): Step => {
    const known = steps.get(level);
    if (known) return known;
    const fresh: Step = { name, runs: [] };
    steps.set(level, fresh);
    return fresh;
  };
  planned(plan, step);
  for (const event of events) applyEvent(step(event.level, event.name), event, beganAt);
  for (const result of results) applyResult(step(result.level, result.name), result, beganAt);
  const end = until - beganAt;
  openAncestors(steps, { end, finished });
  return [...steps]
    .filter(([level, { runs }]) => level !== "0" || runs.some(({ failed }) => failed))
    .sort(([a], [b]) => compareLevels(a, b))
    .map(([level, { name, timeoutMs, line, runs }]) => ({
      level,
      name,
      timeoutMs,
      line,
      state: stateOf(runs, finished),
      runs: [...runs]
        .sort((a, b) => a.fromMs - b.fromMs)
        .map(({ fromMs, toMs, failed, open }) => ({ fromMs, toMs: open ? Math.max(fromMs, end) : toMs, failed })),
    }));
}

function planned(plan: readonly unknown[], step: (level: string, name: string) => Step): void {
  for (const item of plan) {
    const { level, name, timeout, pipeline } = asObject(item);
    if (level === undefined) continue;
    const known = step(String(level), String(name ?? ""));
    if (typeof timeout === "number") known.timeoutMs = timeout * 1_000;
    if (Array.isArray(pipeline)) planned(pipeline, step);
  }
}

function applyEvent(step: Step, { kind, name, at, line, timeoutMs }: StepEvent, beganAt: number): void {
  const ms = at - beganAt;
  const last = step.runs.at(-1);
  // what ran is what counts, whatever was planned
  step.name = name;
  if (kind === "start") {
    step.line ??= line;
    if (timeoutMs !== undefined) step.timeoutMs = timeoutMs;
    step.runs.push({ fromMs: ms, toMs: ms, failed: false, open: true });
  } else if (last?.open) {
    last.open = false;
    last.toMs = ms;
  }
}

function applyResult(step: Step, { failed, endedAt, durationMs }: StepResult, beganAt: number): void {
  const ms = endedAt - beganAt;
  const same = step.runs.find(({ open, toMs }) => !open && Math.abs(toMs - ms) < sameMs);
  const open = step.runs.find((run) => run.open && run.fromMs <= ms + sameMs);
  const run = same ?? open;
  if (run) {
    if (run.open) run.toMs = ms;
    run.open = false;
    run.failed ||= failed;
  } else step.runs.push({ fromMs: Math.max(0, ms - durationMs), toMs: ms, failed, open: false });
}

/** What holds actions that ran, ran itself, though its first line was not looked at. */
function openAncestors(
  steps: ReadonlyMap<string, Step>,
  { end, finished }: { readonly end: number; readonly finished: boolean },
): void {
  for (const [level, { runs }] of [...steps].sort(([a], [b]) => compareLevels(b, a))) {
    const first = runs[0];
    const parent = steps.get(level.split(".").slice(0, -1).join("."));
    if (!first || !parent) continue;
    const fromMs = Math.min(...runs.map((run) => run.fromMs));
    const guess = parent.runs[0];
    if (!guess) parent.runs.push({ fromMs, toMs: end, failed: false, open: !finished });
  }
}

function stateOf(runs: readonly Run[], finished: boolean): StepState {
  const last = runs.at(-1);
  if (!last) return finished ? "skipped" : "planned";
  if (last.failed) return "failed";
  return last.open ? (finished ? "failed" : "running") : "passed";
}

/** `2.10` after `2.9`. */
function compareLevels(a: string, b: string): number {
  const left = a.split(".").map(Number);
  const right = b.split(".").map(Number);
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const difference = (left[index] ?? -1) - (right[index] ?? -1);
    if (difference !== 0) return difference;
  }
  return 0;
}
