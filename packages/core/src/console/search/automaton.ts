import type { AssertKind } from "../regex/ast.js";
import { type CharSet, contains, singleChar } from "../regex/char-set.js";
import type { Program } from "../regex/program.js";
import { category } from "../regex/unicode.js";
import { type CharClasses, makeCharClasses } from "./char-classes.js";

/** What stands before a place: nothing, a newline, a word character (by Unicode, by ASCII) or another one. */
interface Before {
  readonly start: boolean;
  readonly newline: boolean;
  readonly word: boolean;
  readonly asciiWord: boolean;
}
type After = Before | "end" | "unknown";

/** A place in one pattern's program. */
interface Place {
  readonly pattern: number;
  readonly pc: number;
}

interface State {
  /** Character steps that wait for the next character. */
  readonly chars: readonly number[];
  /** Assertions that wait to see what comes next. */
  readonly waiting: readonly number[];
  readonly before: number;
  /** Patterns with a match that ends here, or that ended before the last character and needed to see it. */
  readonly matched: readonly number[];
  /** No pattern is under way: all that waits has not begun. */
  readonly idle: boolean;
}

/** A state takes a row of numbers; at most this many are kept before the automaton starts afresh. */
const mostCells = 1 << 20;

/**
 * Several patterns as one finite automaton that is built while it runs: it says after which character some pattern
 * matches, looking at every character once, whatever the patterns are. Only the states in use exist, in bounded memory.
 * State numbers go stale when the table is full and starts afresh: one search at a time may use an automaton.
 */
export class Automaton {
  readonly classes: CharClasses;
  /**
   * A state is the place of its row in the table. `table[state + class]` is the next state: 0 when not made yet,
   * negative when that state has matches.
   */
  table: Int32Array;
  readonly #places: readonly Place[];
  readonly #first: readonly number[];
  readonly #programs: readonly Program[];
  readonly #befores: readonly Before[];
  readonly #beforeOfClass: readonly number[];
  readonly #asserts: boolean;
  #states: State[] = [];
  #ids = new Map<string, number>();
  #initial: (number | undefined)[] = [];

  constructor(programs: readonly Program[]) {
    this.#programs = programs;
    const places: Place[] = [];
    this.#first = programs.map((program, pattern) => {
      const first = places.length;
      for (let pc = 0; pc < program.steps.length; pc++) places.push({ pattern, pc });
      return first;
    });
    this.#places = places;
    const steps = programs.flatMap((program) => program.steps);
    this.#asserts = steps.some((step) => step.op === "assert");
    const sets: CharSet[] = [
      ...new Map(steps.flatMap((s) => (s.op === "char" ? [[s.set.join(), s.set] as const] : []))).values(),
    ];
    const words = this.#asserts ? [singleChar(10), category("w", false), category("w", true)] : [];
    this.classes = makeCharClasses([...sets, ...words]);
    const befores: Before[] = [{ start: true, newline: false, word: false, asciiWord: false }];
    this.#beforeOfClass = this.classes.sample.map((sample) => {
      if (!this.#asserts) return 0;
      const newline = sample === 10;
      const [word, asciiWord] = [contains(category("w", false), sample), contains(category("w", true), sample)];
      const known = befores.findIndex(
        (b, i) => i > 0 && b.newline === newline && b.word === word && b.asciiWord === asciiWord,
      );
      return known > 0 ? known : befores.push({ start: false, newline, word, asciiWord }) - 1;
    });
    this.#befores = befores;
    this.table = new Int32Array(this.classes.count * 64);
    this.#reset();
  }

  #reset(): void {
    // number 0 means "not made yet"
    this.#states = [{ chars: [], waiting: [], before: 0, matched: [], idle: true }];
    this.#ids = new Map();
    this.#initial = [];
    this.table.fill(0);
  }

  /** The state in which nothing has been read; `last` is the character before, undefined at the text's beginning. */
  initial(last: number | undefined): number {
    const before = last === undefined ? 0 : (this.#beforeOfClass[this.classes.of(last)] ?? 0);
    const known = this.#initial[before] ?? this.#intern(this.#close([], before, []));
    this.#initial[before] = known;
    return known;
  }

  #at(state: number): State | undefined {
    return this.#states[state / this.classes.count];
  }

  matched(state: number): readonly number[] {
    return this.#at(state)?.matched ?? [];
  }

  isIdle(state: number): boolean {
    return this.#at(state)?.idle ?? true;
  }

  /** Patterns that match here if the text ends here. */
  matchedAtEnd(state: number): readonly number[] {
    const from = this.#at(state);
    return from ? this.#resolve(from, "end").matched : [];
  }

  /** The state after one more character, written into the table (negative when it has matches). */
  step(state: number, charClass: number): number {
    const from = this.#at(state);
    if (!from) return 0;
    const next = this.#next(from, charClass);
    const rows = Math.floor(mostCells / this.classes.count);
    if (this.#states.length >= Math.max(rows, 16)) {
      this.#reset();
      return this.#signed(this.#intern(next));
    }
    const id = this.#signed(this.#intern(next));
    this.table[state + charClass] = id;
    return id;
  }

  #signed(id: number): number {
    return this.matched(id).length > 0 ? -id : id;
  }

  #next(from: State, charClass: number): State {
    const sample = this.classes.sample[charClass] ?? 0;
    const before = this.#beforeOfClass[charClass] ?? 0;
    const seen = this.#befores[before];
    const resolved = from.waiting.length > 0 && seen ? this.#resolve(from, seen) : from;
    const late = resolved === from ? [] : resolved.matched;
    const targets: number[] = [];
    for (const index of resolved.chars) {
      const step = this.#step(index);
      if (step?.op === "char" && contains(step.set, sample)) targets.push(index + 1);
    }
    return this.#close(targets, before, late);
  }

  /** Goes on behind the waiting assertions, now that it is known what comes next. */
  #resolve(
    from: State,
    after: Before | "end",
  ): { readonly chars: readonly number[]; readonly matched: readonly number[] } {
    const reached = new Reached();
    for (const index of from.waiting) this.#follow(index, reached, { before: from.before, after });
    return { chars: [...from.chars, ...reached.chars], matched: [...reached.matched] };
  }

  #close(targets: readonly number[], before: number, late: readonly number[]): State {
    const reached = new Reached();
    for (const target of targets) this.#follow(target, reached, { before, after: "unknown" });
    const idle = reached.chars.length === 0 && reached.waiting.length === 0;
    for (const first of this.#first) this.#follow(first, reached, { before, after: "unknown" });
    return {
      chars: reached.chars.sort((a, b) => a - b),
      waiting: reached.waiting.sort((a, b) => a - b),
      before,
      matched: [...new Set([...late, ...reached.matched])].sort((a, b) => a - b),
      idle,
    };
  }

  #step(index: number): Program["steps"][number] | undefined {
    const place = this.#places[index];
    return place && this.#programs[place.pattern]?.steps[place.pc];
  }

  #follow(start: number, reached: Reached, around: { readonly before: number; readonly after: After }): void {
    const todo = [start];
    for (let index = todo.pop(); index !== undefined; index = todo.pop()) {
      if (reached.seen.has(index)) continue;
      reached.seen.add(index);
      const step = this.#step(index);
      const place = this.#places[index];
      if (!step || !place) continue;
      const base = this.#first[place.pattern] ?? 0;
      if (step.op === "char") reached.chars.push(index);
      else if (step.op === "match") reached.matched.add(place.pattern);
      else if (step.op === "split") todo.push(base + step.first, base + step.second);
      else if (step.op === "jump") todo.push(base + step.to);
      else if (step.op === "assert") {
        const holds = this.#holds(step.kind, around);
        if (holds === "unknown") reached.waiting.push(index);
        else if (holds) todo.push(index + 1);
      } else todo.push(index + 1);
    }
  }

  #holds(kind: AssertKind, { before, after }: { readonly before: number; readonly after: After }): boolean | "unknown" {
    const left = this.#befores[before];
    if (!left) return false;
    if (kind === "start") return left.start;
    if (kind === "lineStart") return left.start || left.newline;
    if (after === "unknown") return "unknown";
    if (kind === "end") return after === "end";
    // `$` holds at the end of what came so far, or before the newline that came last: on a stream, before any newline
    if (kind === "lastLineEnd" || kind === "lineEnd") return after === "end" || after.newline;
    const ascii = kind === "asciiBoundary" || kind === "asciiNotBoundary";
    const word = (side: Before): boolean => (ascii ? side.asciiWord : side.word);
    const boundary = word(left) !== (after !== "end" && word(after));
    return boundary === (kind === "boundary" || kind === "asciiBoundary");
  }

  #intern(state: State): number {
    const numbers = [state.before, state.idle ? 1 : 0, state.matched.length, ...state.matched, state.chars.length];
    const key = [...numbers, ...state.chars, ...state.waiting].join();
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const id = (this.#states.push(state) - 1) * this.classes.count;
    this.#ids.set(key, id);
    const needed = id + this.classes.count;
    if (needed > this.table.length) {
      const grown = new Int32Array(Math.max(needed, this.table.length * 2));
      grown.set(this.table);
      this.table = grown;
    }
    return id;
  }
}

class Reached {
  readonly seen = new Set<number>();
  readonly chars: number[] = [];
  readonly waiting: number[] = [];
  readonly matched = new Set<number>();
}
