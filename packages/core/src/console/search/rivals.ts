import { contains } from "../regex/char-set.js";
import type { Program } from "../regex/program.js";

/**
 * Whether a pattern that begins where `text` begins could still match when more text comes: not a match yet, but no
 * character so far has ruled it out. Assertions count as fulfilled.
 */
export function isUnderWay(program: Program, text: string): boolean {
  let now = waitingFor(program, [0]);
  for (const char of text) {
    const codePoint = char.codePointAt(0) ?? 0;
    const next: number[] = [];
    for (const pc of now) {
      const step = program.steps[pc];
      if (step?.op === "char" && contains(step.set, codePoint)) next.push(pc + 1);
    }
    if (next.length === 0) return false;
    now = waitingFor(program, next);
  }
  return now.length > 0;
}

/** The character steps that can be reached without reading a character. */
function waitingFor(program: Program, from: readonly number[]): number[] {
  const seen = new Set<number>();
  const out: number[] = [];
  const todo = [...from];
  for (let pc = todo.pop(); pc !== undefined; pc = todo.pop()) {
    if (seen.has(pc)) continue;
    seen.add(pc);
    const step = program.steps[pc];
    if (step?.op === "char") out.push(pc);
    else if (step?.op === "split") todo.push(step.first, step.second);
    else if (step?.op === "jump") todo.push(step.to);
    else if (step && step.op !== "match") todo.push(pc + 1);
  }
  return out;
}
