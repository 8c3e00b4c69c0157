import type { Pattern } from "../regex/pattern.js";
import { makePatternSet, type PatternSet } from "./pattern-set.js";

type Patterns = readonly (string | Pattern)[];

/** An action waits for the same few lists of patterns again and again. */
const mostSets = 16;

/** Keeps the automata of the last few lists of patterns. For one console: an automaton serves one search at a time. */
export class PatternSetCache {
  /** The most recently used stands first. */
  readonly #known: { readonly patterns: Patterns; readonly set: PatternSet }[] = [];

  get(patterns: Patterns): PatternSet {
    const at = this.#known.findIndex((known) => isSame(known.patterns, patterns));
    const [known = { patterns: [...patterns], set: makePatternSet(patterns) }] =
      at < 0 ? [] : this.#known.splice(at, 1);
    this.#known.unshift(known);
    if (this.#known.length > mostSets) this.#known.pop();
    return known.set;
  }
}

const isSame = (a: Patterns, b: Patterns): boolean =>
  a.length === b.length && a.every((pattern, i) => pattern === b[i]);
