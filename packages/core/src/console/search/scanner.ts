import type { PatternMatch } from "../regex/pattern.js";
import type { PatternSet, SetMember } from "./pattern-set.js";
import { isUnderWay } from "./rivals.js";

/** How far back a search looks, in UTF-16 units. */
export interface SearchWindow {
  /** A match begins at most this far back (LAVA: searchwindowsize). */
  readonly length: number;
  /** The window moves on in steps of this many (LAVA: maxread), so it is up to one step longer than `length`. */
  readonly step: number;
}

/** A match. Places count from where the scanner began. */
export interface Hit {
  /** Which pattern of the set. */
  readonly index: number;
  readonly start: number;
  readonly end: number;
  readonly match: PatternMatch;
}

interface Held {
  readonly patterns: Set<number>;
  readonly since: number;
  last: number;
  slack: number;
}

/** Text before the window that look-behind and `\b` may still see. */
const margin = 1024;
/** A match that keeps growing is held back no longer than this many characters. */
const longestHold = 4092;

/**
 * Searches a stream for the first match of a set of patterns. The answer depends on the characters only, never on
 * the pieces they came in: the set is searched as pexpect would, given one character at a time (the first prefix of the
 * stream that has a match decides; of several, the match that begins first, then the pattern that stands first), but
 * a match that could still grow waits until the next characters show that it does not.
 */
export class Scanner {
  readonly #set: PatternSet;
  readonly #window: SearchWindow;
  #state: number;
  /** Characters read. */
  #read = 0;
  #windowStart = 0;
  #nextStep: number;
  #held: Held | undefined;
  /** Opaque patterns, and where the last text was that could be their match. */
  readonly #gates = new Map<number, number>();
  #recent = "";
  #recentStart = 0;
  #chunk = "";
  #chunkOffset = 0;
  #chunkStart = 0;
  #begun = false;

  constructor(set: PatternSet, window: SearchWindow) {
    this.#set = set;
    this.#window = window;
    this.#nextStep = window.length + window.step;
    this.#state = set.automaton.initial(undefined);
  }

  /**
   * Reads `text` (whole characters, no half of a surrogate pair) from `from` up to the first match that counts; with that
   * the scanner is done. Feed it once before
   * asking anything else, if only with "": an empty pattern matches before there is text.
   */
  feed(text: string, from = 0): Hit | undefined {
    this.#chunk = text;
    this.#chunkOffset = this.#read - from;
    this.#chunkStart = this.#read;
    const hit = this.#begin() ?? this.#feed(text, from);
    if (!hit) this.#keep(text, from);
    return hit;
  }

  /** Whether a match is there that more text could change: see {@link quiet}. */
  get undecided(): boolean {
    return (
      this.#held !== undefined ||
      this.#openGates().length > 0 ||
      this.#set.automaton.matchedAtEnd(this.#state).length > 0
    );
  }

  /** The match that counts if the line has fallen quiet, or has closed. */
  quiet(): Hit | undefined {
    const atEnd = this.#best([...this.#set.automaton.matchedAtEnd(this.#state), ...this.#openGates()], this.#read);
    const held = this.#held && this.#best([...this.#held.patterns], this.#held.last);
    return earlier(atEnd, held);
  }

  /** A pattern that matches the empty text has matched before anything is read. */
  #begin(): Hit | undefined {
    if (this.#begun) return undefined;
    this.#begun = true;
    const matched = this.#set.automaton.matched(this.#state);
    return matched.length > 0 ? this.#candidates(matched) : undefined;
  }

  #feed(text: string, from: number): Hit | undefined {
    let at = from;
    while (at < text.length) {
      const before = at;
      at = this.#run(text, at, this.#stopAt(text, at));
      const matched = this.#state < 0;
      if (matched) this.#state = -this.#state;
      this.#read += at - before;
      const hit =
        (matched ? this.#candidates(this.#set.automaton.matched(this.#state)) : undefined) ??
        this.#release() ??
        (this.#set.hasOpaque && text.charCodeAt(at - 1) === 10 ? this.#best(this.#openGates(), this.#read) : undefined);
      if (hit) return hit;
      if (this.#read >= this.#nextStep) this.#slide();
    }
    return undefined;
  }

  /** The next place where more must be done than reading on. */
  #stopAt(text: string, at: number): number {
    let stop = Math.min(text.length, at + this.#nextStep - this.#read);
    if (this.#held) {
      const due = Math.min(this.#held.last + this.#held.slack, this.#held.since + longestHold);
      stop = Math.min(stop, at + due - this.#read);
    }
    if (this.#set.hasOpaque && this.#gates.size > 0) {
      const newline = text.indexOf("\n", at);
      if (newline >= 0) stop = Math.min(stop, newline + 1);
    }
    return Math.max(stop, at + 1);
  }

  /** Runs the automaton up to `stop` or the first state with matches (left negative); answers where it stands. */
  #run(text: string, from: number, stop: number): number {
    const { automaton } = this.#set;
    const { ofUnit } = automaton.classes;
    let table = automaton.table;
    let state = this.#state;
    let at = from;
    while (at < stop) {
      const unit = text.charCodeAt(at++);
      let charClass = ofUnit[unit] as number;
      if ((unit & 0xfc00) === 0xd800 && (text.charCodeAt(at) & 0xfc00) === 0xdc00)
        charClass = automaton.classes.of(text.codePointAt(at++ - 1) ?? unit);
      let next = table[state + charClass] as number;
      if (next === 0) {
        next = automaton.step(state, charClass);
        table = automaton.table;
      }
      state = next;
      if (next < 0) break;
    }
    this.#state = state;
    return at;
  }

  #candidates(matched: readonly number[]): Hit | undefined {
    const now: number[] = [];
    let decided = false;
    for (const index of matched) {
      const member = this.#set.members[index];
      if (member?.timing === "opaque") this.#gates.set(index, this.#read);
      else if (member) {
        const slack = member.timing === "open" ? member.pattern.traits.slack : this.#rivalry(index, member);
        if (slack > 0) this.#hold(index, slack);
        else decided = true;
      }
      if (member?.timing !== "opaque") now.push(index);
    }
    return decided ? this.#best([...now, ...(this.#held?.patterns ?? [])], this.#read) : undefined;
  }

  /** How many characters must be seen before it is clear that no pattern that stands first matches from the same place. */
  #rivalry(index: number, { rivals }: SetMember): number {
    const hit = rivals.length > 0 ? this.#exact(index, this.#read) : undefined;
    if (!hit) return 0;
    const { text, offset } = this.#view(hit.start, this.#read);
    const begun = text.slice(hit.start - offset, this.#read - offset);
    const left = rivals.map((rival) => {
      const pattern = this.#set.members[rival]?.pattern;
      return pattern && isUnderWay(pattern.shape(), begun) ? pattern.traits.maxLength - begun.length : 0;
    });
    return Math.max(0, ...left);
  }

  #hold(index: number, slack: number): void {
    this.#held ??= { patterns: new Set(), since: this.#read, last: this.#read, slack: 0 };
    this.#held.patterns.add(index);
    this.#held.last = this.#read;
    this.#held.slack = Math.max(this.#held.slack, slack);
  }

  /** Lets the held match count once the characters behind it have not made it longer. */
  #release(): Hit | undefined {
    const held = this.#held;
    if (!held || (this.#read < held.last + held.slack && this.#read < held.since + longestHold)) return undefined;
    this.#held = undefined;
    return this.#best([...held.patterns], held.last);
  }

  #openGates(): number[] {
    for (const [index, last] of this.#gates) if (last < this.#windowStart) this.#gates.delete(index);
    return [...this.#gates.keys()];
  }

  /** Of these patterns' matches in the window up to `end`: the one that begins first, then the first in the list. */
  #best(indexes: readonly number[], end: number): Hit | undefined {
    let best: Hit | undefined;
    for (const index of [...new Set(indexes)].sort((a, b) => a - b)) best = earlier(best, this.#exact(index, end));
    return best;
  }

  #exact(index: number, end: number): Hit | undefined {
    const member = this.#set.members[index];
    if (!member) return undefined;
    const { pattern, timing } = member;
    // The end is known but for a character that had to be seen; lengths are in code points, of up to two units each.
    const farthest = timing === "opaque" ? 0 : end - 2 * pattern.traits.maxLength - 2;
    const from = Math.max(this.#windowStart, farthest);
    const { text, offset } = this.#view(Math.max(0, from - margin), end);
    const slots = pattern.searchRange(text, { from: from - offset, end: end - offset, origin: -offset });
    if (!slots) return undefined;
    const match = pattern.toMatch(text, slots);
    return { index, start: match.start + offset, end: match.end + offset, match };
  }

  /** A string that holds the text between two places; index 0 of it is place `offset`. */
  #view(low: number, high: number): { readonly text: string; readonly offset: number } {
    if (low >= this.#chunkStart) return { text: this.#chunk, offset: this.#chunkOffset };
    const upTo = Math.max(high, this.#chunkStart) - this.#chunkOffset;
    const fresh = this.#chunk.slice(this.#chunkStart - this.#chunkOffset, upTo);
    return { text: this.#recent + fresh, offset: this.#recentStart };
  }

  /** Moves the window on: what began before it no longer counts. */
  #slide(): void {
    const steps = Math.floor(this.#read / this.#window.step);
    this.#nextStep = (steps + 1) * this.#window.step;
    this.#windowStart = Math.max(0, steps * this.#window.step - this.#window.length);
    const { automaton } = this.#set;
    if (automaton.isIdle(this.#state)) return;
    const { text, offset } = this.#view(Math.max(0, this.#windowStart - 2), this.#read);
    let at = this.#windowStart - offset;
    // not between the two halves of a character
    if ((text.charCodeAt(at) & 0xfc00) === 0xdc00 && (text.charCodeAt(at - 1) & 0xfc00) === 0xd800) at++;
    this.#state = automaton.initial(this.#windowStart > 0 ? text.charCodeAt(at - 1) : undefined);
    const end = this.#read - offset;
    this.#state = Math.abs(this.#state);
    while (at < end) {
      at = this.#run(text, at, end);
      this.#state = Math.abs(this.#state);
    }
  }

  /** Remembers the end of what was read, as far as a match can reach back. */
  #keep(text: string, from: number): void {
    const needed = this.#read - this.#windowStart + margin;
    this.#recent = from === 0 ? this.#recent + text : this.#recent + text.slice(from);
    // cut seldom: each cut copies
    if (this.#recent.length > 2 * needed + this.#window.step) {
      this.#recent = this.#recent.slice(-needed);
      this.#recentStart = this.#read - this.#recent.length;
    }
    this.#chunk = "";
    this.#chunkStart = this.#read;
    this.#chunkOffset = this.#read;
  }
}

function earlier(a: Hit | undefined, b: Hit | undefined): Hit | undefined {
  if (!a || !b) return a ?? b;
  if (a.start !== b.start) return a.start < b.start ? a : b;
  return a.index <= b.index ? a : b;
}
