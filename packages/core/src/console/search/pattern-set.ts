import { bugError } from "../../errors.js";
import { overlaps } from "../regex/char-set.js";
import { type CompiledPattern, isCompiled, literalPattern, type Pattern } from "../regex/pattern.js";
import { Automaton } from "./automaton.js";

/**
 * When a match of a pattern counts.
 * `closed`: as soon as it is there. `open`: when the characters behind it do not make it longer (`\d+`).
 * `opaque`: look-ahead, atomic groups, back-references: judged at line ends and when the line falls quiet.
 */
export type PatternTiming = "closed" | "open" | "opaque";

/** Verified from that far back at most, so that a failing look-behind costs little. */
const longestVerified = 512;

export interface SetMember {
  readonly pattern: CompiledPattern;
  readonly timing: PatternTiming;
  /**
   * Members that stand before this one and may turn out to match from the same place on: with `BUG: KASAN:` before
   * `BUG:`, the text `BUG:` is not enough to choose.
   */
  readonly rivals: readonly number[];
}

/** What one `expect` waits for: the patterns in order, and one automaton for all of them. */
export interface PatternSet {
  readonly members: readonly SetMember[];
  readonly automaton: Automaton;
  readonly hasOpaque: boolean;
}

function timingOf({ traits }: CompiledPattern): PatternTiming {
  const streams = traits.regular || (traits.onlyLooksBehind && traits.maxLength <= longestVerified);
  if (!streams) return "opaque";
  return traits.slack > 0 ? "open" : "closed";
}

/** Longer ones are not waited for. */
const longestRival = 64;

function isRival({ traits: mine }: CompiledPattern, { traits: theirs }: CompiledPattern): boolean {
  if (!mine.regular || mine.maxLength > longestRival || mine.maxLength <= theirs.minLength) return false;
  return !mine.first || !theirs.first || overlaps(mine.first, theirs.first);
}

export function makePatternSet(patterns: readonly (string | Pattern)[]): PatternSet {
  const compiled = patterns.map((given) => {
    const pattern = typeof given === "string" ? literalPattern(given) : given;
    if (!isCompiled(pattern))
      throw bugError("ERR_PATTERN_FOREIGN", `pattern ${JSON.stringify(pattern.source)} was not made by compilePattern`);
    return pattern;
  });
  const members = compiled.map((pattern, index): SetMember => {
    const rivals = compiled.slice(0, index).flatMap((other, i) => (isRival(other, pattern) ? [i] : []));
    return { pattern, timing: timingOf(pattern), rivals };
  });
  return {
    members,
    automaton: new Automaton(members.map(({ pattern }) => pattern.shape())),
    hasOpaque: members.some(({ timing }) => timing === "opaque"),
  };
}
