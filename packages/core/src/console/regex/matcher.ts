import type { AssertKind } from "./ast.js";
import { contains } from "./char-set.js";
import type { Program, Step } from "./program.js";
import { SetTest, type Starts } from "./starts.js";
import { category, lowerCase } from "./unicode.js";

/** Where in `text` to look. All numbers are UTF-16 indexes. */
export interface SearchRange {
  /** First and last place where a match may begin. */
  readonly from: number;
  readonly lastStart?: number;
  /** The text ends here. */
  readonly end: number;
  /** Where the text begins: `\A` holds there, look-behind sees no further. Negative: before `text`'s first character. */
  readonly origin: number;
}

/** Slots of the groups: start and end of group n at 2n and 2n+1, -1 where the group took no part. */
export type Slots = readonly number[];

const ops: Readonly<Record<Step["op"], number>> = {
  char: 0,
  split: 1,
  jump: 2,
  save: 3,
  assert: 4,
  loopStart: 5,
  loopCheck: 6,
  look: 7,
  atomic: 8,
  subEnd: 9,
  backreference: 10,
  match: 11,
};

const isWord = (codePoint: number, ascii: boolean): boolean =>
  codePoint >= 0 && contains(category("w", ascii), codePoint);

/** Thrown when a search takes more than its step limit: only patterns with back-references or look-around can. */
export class StepLimitReached extends Error {}

/**
 * Runs a program as Python's `re` does: depth first, the first way through wins. It remembers at which split it has
 * been at which place, so no search takes more than steps x text; only a back-reference makes that impossible, and the
 * insides of look-around and atomic groups are remembered for one visit each. Those are held by the step limit.
 */
export class Matcher {
  readonly #steps: readonly Step[];
  readonly #op: Uint8Array;
  readonly #sets: readonly (SetTest | undefined)[];
  readonly #slotCount: number;
  readonly #registerCount: number;
  /** Where a split's marks begin: one row per combination of "the loop's round has matched something". */
  readonly #rows: readonly number[];
  readonly #rowCount: number;
  readonly #remembers: boolean;
  readonly #limited: boolean;
  #text = "";
  #end = 0;
  #origin = 0;
  #base = 0;
  #marks = new Uint32Array(0);
  #slots: number[] = [];
  #fuel = 0;
  readonly #stack: number[] = [];

  constructor(program: Program, groupCount: number) {
    this.#steps = program.steps;
    this.#op = Uint8Array.from(program.steps, (step) => ops[step.op]);
    this.#sets = program.steps.map((step) => (step.op === "char" ? new SetTest(step.set) : undefined));
    this.#slotCount = (groupCount + 1) * 2;
    this.#registerCount = program.registerCount;
    this.#remembers = !program.steps.some((step) => step.op === "backreference");
    this.#limited = program.steps.some(
      (step) => step.op === "backreference" || step.op === "look" || step.op === "atomic",
    );
    const rows: number[] = [];
    let row = 0;
    for (const step of program.steps) {
      if (step.op !== "split") continue;
      rows[step.id] = row;
      row += 2 ** step.registers.length;
    }
    this.#rows = rows;
    this.#rowCount = row;
  }

  /** The leftmost match, or undefined. `first` says where one can begin. Throws {@link StepLimitReached}. */
  search(
    text: string,
    range: SearchRange,
    options: { readonly first?: Starts; readonly stepLimit: number },
  ): Slots | undefined {
    const { end } = range;
    const lastStart = Math.min(range.lastStart ?? end, end);
    this.#text = text;
    this.#end = end;
    this.#origin = range.origin;
    this.#fuel = this.#limited ? options.stepLimit : Infinity;
    this.#base = -1;
    for (let start = range.from; ; start++) {
      start = options.first ? options.first.next(text, start, end) : start;
      if (start < 0 || start > lastStart) return undefined;
      if (this.#base < 0) this.#forget(start);
      this.#slots = new Array(this.#slotCount + this.#registerCount).fill(-1);
      this.#slots[0] = start;
      const stop = this.#run(0, start, undefined);
      if (stop >= 0) {
        this.#slots[1] = stop;
        return this.#slots.slice(0, this.#slotCount);
      }
      if (isLead(text, start, end)) start++;
    }
  }

  #forget(base: number): void {
    this.#base = base;
    const words = ((this.#rowCount * (this.#end - base + 1)) >>> 5) + 1;
    if (this.#marks.length < words) this.#marks = new Uint32Array(words);
    else this.#marks.fill(0, 0, words);
  }

  /** True the first time this split is reached at this place. `marks`: the memory of a look-around's inside. */
  #firstVisit(step: Extract<Step, { op: "split" }>, pos: number, marks: Set<number> | undefined): boolean {
    if (!this.#remembers) return true;
    let row = this.#rows[step.id] ?? 0;
    step.registers.forEach((register, i) => {
      if (this.#slots[this.#slotCount + register] !== pos) row += 1 << i;
    });
    const index = row * (this.#end - this.#base + 1) + (pos - this.#base);
    if (marks) {
      const key = row * (this.#end + 1) + pos;
      if (marks.has(key)) return false;
      marks.add(key);
      return true;
    }
    const word = this.#marks[index >>> 5] ?? 0;
    const bit = 1 << (index & 31);
    if ((word & bit) !== 0) return false;
    this.#marks[index >>> 5] = word | bit;
    return true;
  }

  #set(slot: number, value: number): void {
    this.#stack.push(-1 - slot, this.#slots[slot] ?? -1);
    this.#slots[slot] = value;
  }

  /** Runs from a step; answers where the match or the sub-program ended, or -1. Leaves the stack as it found it. */
  #run(entry: number, from: number, marks: Set<number> | undefined): number {
    const stack = this.#stack;
    const bottom = stack.length;
    let pc = entry;
    let pos = from;
    for (;;) {
      if (--this.#fuel < 0) {
        stack.length = 0;
        throw new StepLimitReached();
      }
      const done = this.#op[pc] === 11 || this.#op[pc] === 9;
      if (done) {
        stack.length = bottom;
        return pos;
      }
      const next = this.#op[pc] === 0 ? this.#char(pc, pos) : -2;
      if (next >= 0) {
        pos = next;
        pc++;
        continue;
      }
      const to = next === -1 ? -1 : this.#step(pc, pos, marks);
      if (to >= 0) {
        if (this.#moved >= 0) pos = this.#moved;
        pc = to;
        continue;
      }
      // this way failed: undo what it set, up to the last split that has another way
      for (;;) {
        if (stack.length === bottom) return -1;
        const value = stack.pop() ?? 0;
        const key = stack.pop() ?? 0;
        if (key >= 0) {
          pc = key;
          pos = value;
          break;
        }
        this.#slots[-1 - key] = value;
      }
    }
  }

  /** The place behind the character when the set has it, else -1. */
  #char(pc: number, pos: number): number {
    if (pos >= this.#end) return -1;
    const unit = this.#text.charCodeAt(pos);
    const set = this.#sets[pc];
    if (unit < 256) return set?.low[unit] === 1 ? pos + 1 : -1;
    const long = isLead(this.#text, pos, this.#end);
    return set?.has(long ? (this.#text.codePointAt(pos) ?? unit) : unit) ? pos + (long ? 2 : 1) : -1;
  }

  /** Where a step moved the place to; -1 when it did not. */
  #moved = -1;

  /** The step to go on with, or -1 when this way failed. */
  #step(pc: number, pos: number, marks: Set<number> | undefined): number {
    this.#moved = -1;
    const step = this.#steps[pc];
    switch (step?.op) {
      case "split":
        if (!this.#firstVisit(step, pos, marks)) return -1;
        this.#stack.push(step.second, pos);
        return step.first;
      case "jump":
        return step.to;
      case "save":
        this.#set(step.slot, pos);
        return pc + 1;
      case "assert":
        return this.#holds(step.kind, pos) ? pc + 1 : -1;
      case "loopStart":
        this.#set(this.#slotCount + step.register, pos);
        return pc + 1;
      case "loopCheck":
        return this.#slots[this.#slotCount + step.register] === pos ? step.exit : pc + 1;
      case "look":
        return this.#look(step, pc, pos);
      case "atomic": {
        this.#moved = this.#sub(pc + 1, pos, { keep: true });
        return this.#moved < 0 ? -1 : step.next;
      }
      case "backreference":
        this.#moved = this.#again(step, pos);
        return this.#moved < 0 ? -1 : pc + 1;
      default:
        return -1;
    }
  }

  #look(step: Extract<Step, { op: "look" }>, pc: number, pos: number): number {
    let from = pos;
    const floor = Math.max(this.#origin, 0);
    for (let i = 0; i < step.width && from >= floor; i++) from -= isLead(this.#text, from - 2, from) ? 2 : 1;
    const found = from < floor ? -1 : this.#sub(pc + 1, from, { keep: !step.negative });
    const holds = found >= 0 && (step.ahead || found === pos);
    this.#moved = -1;
    return holds === step.negative ? -1 : step.next;
  }

  /** Runs a part on its own; what its groups took is kept (and undone when the way fails) or dropped. */
  #sub(pc: number, pos: number, { keep }: { readonly keep: boolean }): number {
    const before = this.#slots.slice();
    const found = this.#run(pc, pos, new Set());
    const after = this.#slots;
    this.#slots = before;
    if (found >= 0 && keep)
      after.forEach((value, slot) => {
        if (value !== before[slot]) this.#set(slot, value);
      });
    return found;
  }

  #again(step: Extract<Step, { op: "backreference" }>, pos: number): number {
    const start = this.#slots[step.index * 2] ?? -1;
    const stop = this.#slots[step.index * 2 + 1] ?? -1;
    if (start < 0 || stop < start) return -1;
    const length = stop - start;
    if (!step.ignoreCase) {
      if (pos + length > this.#end || !this.#text.startsWith(this.#text.slice(start, stop), pos)) return -1;
      this.#fuel -= length;
      return pos + length;
    }
    const wanted = Array.from(this.#text.slice(start, stop), (c) => lowerCase(c.codePointAt(0) ?? 0, step.ascii));
    this.#fuel -= length;
    let at = pos;
    for (const char of wanted) {
      const here = at < this.#end ? (this.#text.codePointAt(at) ?? -1) : -1;
      if (here < 0 || lowerCase(here, step.ascii) !== char) return -1;
      at += here > 0xffff ? 2 : 1;
    }
    return at <= this.#end ? at : -1;
  }

  #holds(kind: AssertKind, pos: number): boolean {
    const text = this.#text;
    switch (kind) {
      case "start":
        return pos === this.#origin;
      case "lineStart":
        return pos === this.#origin || (pos > 0 && text.charCodeAt(pos - 1) === 10);
      case "end":
        return pos === this.#end;
      case "lastLineEnd":
        return pos === this.#end || (pos === this.#end - 1 && text.charCodeAt(pos) === 10);
      case "lineEnd":
        return pos === this.#end || text.charCodeAt(pos) === 10;
      default: {
        const ascii = kind.startsWith("ascii");
        const before = pos > Math.max(this.#origin, 0) ? codePointBefore(text, pos) : -1;
        const after = pos < this.#end ? (text.codePointAt(pos) ?? -1) : -1;
        const boundary = isWord(before, ascii) !== isWord(after, ascii);
        // Python 3.11: on an empty text \B does not hold either
        if (this.#origin >= 0 && this.#origin === this.#end) return false;
        return boundary === (kind === "boundary" || kind === "asciiBoundary");
      }
    }
  }
}

function isLead(text: string, pos: number, end: number): boolean {
  if (pos < 0 || pos + 1 >= end) return false;
  const unit = text.charCodeAt(pos);
  return unit >= 0xd800 && unit <= 0xdbff && (text.charCodeAt(pos + 1) & 0xfc00) === 0xdc00;
}

const codePointBefore = (text: string, pos: number): number =>
  isLead(text, pos - 2, pos) ? (text.codePointAt(pos - 2) ?? -1) : text.charCodeAt(pos - 1);
