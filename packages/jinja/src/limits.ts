import { monotonicMs } from "./clock.js";
import { limitError } from "./errors.js";

/** What one render may use. Every bound ends the render with `ERR_JINJA_LIMIT`. */
export interface Limits {
  /** Loop turns, calls, filters and elements walked by built-ins. */
  readonly steps: number;
  /** Characters written to the output, those of captured blocks and macros included. */
  readonly outputChars: number;
  /** Characters of all strings built during the render, the freed ones included; an element of a list counts as eight. */
  readonly memoryUnits: number;
  /** Templates open at once through extends, include and import. */
  readonly includeDepth: number;
  /** Macros, blocks, recursive loops and nested data walked at once. */
  readonly callDepth: number;
  /** Wall clock of one render, loading and compiling included. */
  readonly timeMs: number;
}

export const defaultLimits: Limits = {
  steps: 1_000_000,
  outputChars: 8 << 20,
  memoryUnits: 32 << 20,
  includeDepth: 50,
  callDepth: 200,
  timeMs: 800,
};

const stepsBetweenClockReadings = 2048;

interface Budget {
  readonly limits: Limits;
  readonly deadlineMs: number;
  stepsLeft: number;
  outputLeft: number;
  memoryLeft: number;
  includeDepth: number;
  callDepth: number;
}

const idle: Budget = newBudget(defaultLimits);

// Rendering is synchronous, so one render is current at a time; a nested one (a loader that renders) restores its caller's.
let budget: Budget = idle;
let slice = 0;

function newBudget(limits: Limits): Budget {
  return {
    limits,
    deadlineMs: monotonicMs() + limits.timeMs,
    stepsLeft: limits.steps,
    outputLeft: limits.outputChars,
    memoryLeft: limits.memoryUnits,
    includeDepth: 0,
    callDepth: 0,
  };
}

/** Runs `work` under a fresh budget. */
export function withLimits<T>(limits: Limits, work: () => T): T {
  const outer = budget;
  const outerSlice = slice;
  budget = newBudget(limits);
  slice = 0;
  try {
    return work();
  } finally {
    budget = outer;
    slice = outerSlice;
  }
}

/** Counts `steps` of work. */
export function tick(steps = 1): void {
  slice -= steps;
  if (slice < 0) renewSlice();
}

function renewSlice(): void {
  budget.stepsLeft += slice;
  slice = 0;
  if (budget.stepsLeft < 0) {
    throw limitError(`the render took more than ${budget.limits.steps} steps and was stopped; a loop is too long`);
  }
  if (monotonicMs() > budget.deadlineMs && budget !== idle) {
    throw limitError(`the render took longer than ${budget.limits.timeMs} ms and was stopped`);
  }
  slice = Math.min(stepsBetweenClockReadings, budget.stepsLeft);
  budget.stepsLeft -= slice;
}

/** Counts `units` characters or elements about to be built; call before building them. */
export function charge(units: number): void {
  budget.memoryLeft -= units;
  // Also when it is NaN: an infinite width was asked for.
  if (!(budget.memoryLeft >= 0)) {
    budget.memoryLeft = -1;
    throw limitError(`the render built more than ${budget.limits.memoryUnits} characters and elements and was stopped`);
  }
}

// A list holds a pointer for each element, a string a byte for most characters.
const unitsPerItem = 8;

/** Counts elements of lists, tuples and dicts about to be built. */
export function chargeItems(items: number): void {
  charge(items * unitsPerItem);
}

/** Counts characters written to an output. */
export function chargeOutput(chars: number): void {
  budget.outputLeft -= chars;
  if (budget.outputLeft < 0) {
    throw limitError(`the render wrote more than ${budget.limits.outputChars} characters and was stopped`);
  }
}

/** Enters one level of calls or nested data; `leaveCall` undoes it. */
export function enterCall(): void {
  tick();
  if (++budget.callDepth > budget.limits.callDepth) {
    budget.callDepth--;
    throw limitError(
      `calls or data are nested deeper than ${budget.limits.callDepth} levels and the render was stopped`,
    );
  }
}

export function leaveCall(): void {
  budget.callDepth--;
}

/** Enters one more template; `leaveTemplate` undoes it. */
export function enterTemplate(): void {
  tick();
  if (++budget.includeDepth > budget.limits.includeDepth) {
    budget.includeDepth--;
    throw limitError(`templates include or extend each other deeper than ${budget.limits.includeDepth} levels`);
  }
}

export function leaveTemplate(): void {
  budget.includeDepth--;
}
