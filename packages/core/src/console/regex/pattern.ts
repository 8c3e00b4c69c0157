import { analyze, type PatternTraits, refuseUnbounded } from "./analyze.js";
import type { Node } from "./ast.js";
import { Matcher, type SearchRange, type Slots, StepLimitReached } from "./matcher.js";
import { parsePattern } from "./parse.js";
import { noFlags, type PatternFlags } from "./parse-flags.js";
import { unboundedError } from "./pattern-error.js";
import { compileProgram, type Program } from "./program.js";
import { type Starts, startsWithChar, startsWithText } from "./starts.js";

/** Start and end of a match or group: UTF-16 indexes into the text searched. */
export type Span = readonly [start: number, end: number];

/** What a pattern found. */
export interface PatternMatch {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** By number, from 1 at index 0; undefined where the group took no part. */
  readonly groups: readonly (string | undefined)[];
  readonly named: Readonly<Record<string, string | undefined>>;
  readonly spans: readonly (Span | undefined)[];
}

/** A compiled pattern: what {@link compilePattern} and {@link literalPattern} make. */
export interface Pattern {
  readonly source: string;
  /** Whether `source` is a regular expression or a fixed text. */
  readonly kind: "regex" | "text";
  readonly groupCount: number;
  readonly groupNames: ReadonlyMap<string, number>;
  /**
   * The leftmost match in `text`, exactly Python's `re.search`: same span, same groups. Time is bounded by the
   * text's length times the pattern's; throws ERR_PATTERN_UNBOUNDED when a look-around or back-reference would
   * take more than {@link stepLimit} steps.
   */
  search(text: string): PatternMatch | undefined;
}

/**
 * The most steps one search may take when a pattern has look-around, atomic groups or back-references (others are
 * linear and have no limit): about 0.3 s.
 */
export const stepLimit = 10_000_000;

/** What the console needs beside the public face of a pattern. */
export interface CompiledPattern extends Pattern {
  readonly traits: PatternTraits;
  /** The pattern as a finite automaton sees it: matches wherever the pattern does, and elsewhere only if irregular. */
  shape(): Program;
  searchRange(text: string, range: SearchRange): Slots | undefined;
  toMatch(text: string, slots: Slots): PatternMatch;
}

const compiledOnes = new WeakSet<Pattern>();
export const isCompiled = (pattern: Pattern): pattern is CompiledPattern => compiledOnes.has(pattern);

const once = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
};

interface PatternParts {
  readonly source: string;
  readonly kind: Pattern["kind"];
  readonly root: Node;
  readonly groupCount: number;
  readonly groupNames: ReadonlyMap<string, number>;
}

function makePattern(parts: PatternParts): CompiledPattern {
  const { root, ...shown } = parts;
  const { source, groupCount, groupNames } = parts;
  const traits = analyze(root);
  // compiled now, for it may be refused; made ready when first searched for: a plan compiles patterns that it never uses
  const program = compileProgram(source, root, "exact");
  const matcher = once(() => new Matcher(program, groupCount));
  const first: Starts | undefined =
    traits.prefix !== "" ? startsWithText(traits.prefix) : traits.first && startsWithChar(traits.first);
  const searchRange = (text: string, range: SearchRange): Slots | undefined => {
    try {
      return matcher().search(text, range, { ...(first && { first }), stepLimit });
    } catch (error) {
      if (!(error instanceof StepLimitReached)) throw error;
      throw unboundedError(
        source,
        `it took more than ${stepLimit} steps on ${range.end - range.from} characters of console text; write it without back-references, look-around and possessive repeats`,
      );
    }
  };
  const toMatch = (text: string, slots: Slots): PatternMatch => {
    const span = (index: number): Span | undefined => {
      const [start = -1, end = -1] = [slots[index * 2], slots[index * 2 + 1]];
      return start < 0 || end < 0 ? undefined : [start, end];
    };
    const spans = Array.from({ length: groupCount }, (_, i) => span(i + 1));
    const groups = spans.map((at) => at && text.slice(at[0], at[1]));
    const [start, end] = span(0) ?? [0, 0];
    const named = Object.fromEntries([...groupNames].map(([name, index]) => [name, groups[index - 1]]));
    return { start, end, text: text.slice(start, end), groups, named, spans };
  };
  const pattern: CompiledPattern = Object.freeze({
    ...shown,
    traits,
    shape: once(() => compileProgram(source, root, "shape")),
    searchRange,
    toMatch,
    search(text: string) {
      const slots = searchRange(text, { from: 0, end: text.length, origin: 0 });
      return slots && toMatch(text, slots);
    },
  });
  compiledOnes.add(pattern);
  return pattern;
}

/** Actions compile the same few patterns for every wait; a console knows its automata by the pattern objects. */
const recent = new Map<string, CompiledPattern>();
const mostRecent = 200;

function compile(source: string, flags: PatternFlags): CompiledPattern {
  const parsed = parsePattern(source, flags);
  refuseUnbounded(source, parsed.root);
  return makePattern({ source, kind: "regex", ...parsed });
}

/** Python's flags, by name; DOTALL is on unless it is turned off, because LAVA's console compiles with it. */
export type PatternOptions = Partial<PatternFlags>;

/**
 * Compiles a Python 3.11 regular expression (LAVA's prompts, monitors, interactive scripts, parse patterns). Its matches
 * are Python's, found in time linear in the text. Throws (kind job): ERR_PATTERN_SYNTAX where Python refuses it too,
 * ERR_PATTERN_UNSUPPORTED for conditional groups, `\N{...}` and back-references in look-behind, ERR_PATTERN_TOO_LARGE,
 * ERR_PATTERN_UNBOUNDED for what could freeze a job.
 */
export function compilePattern(source: string, options: PatternOptions = {}): Pattern {
  const flags: PatternFlags = { ...noFlags, dotAll: true, ...options };
  const key = JSON.stringify([source, flags.ascii, flags.dotAll, flags.ignoreCase, flags.multiline, flags.verbose]);
  const pattern = recent.get(key) ?? compile(source, flags);
  // the most recently used stands last
  recent.delete(key);
  recent.set(key, pattern);
  const [oldest] = recent.keys();
  if (recent.size > mostRecent && oldest !== undefined) recent.delete(oldest);
  return pattern;
}

/** A pattern that matches exactly this text. */
export function literalPattern(text: string): Pattern {
  const items: Node[] = Array.from(text, (char) => {
    const codePoint = char.codePointAt(0) ?? 0;
    return { type: "set", set: [codePoint, codePoint] };
  });
  return makePattern({
    source: text,
    kind: "text",
    root: { type: "sequence", items },
    groupCount: 0,
    groupNames: new Map(),
  });
}
