import { type CharSet, contains } from "./char-set.js";

/** A set with a table for the first 256 characters, where nearly all console text is. */
export class SetTest {
  readonly low = new Uint8Array(256);
  constructor(readonly set: CharSet) {
    for (let c = 0; c < 256; c++) this.low[c] = contains(set, c) ? 1 : 0;
  }
  has(codePoint: number): boolean {
    return codePoint < 256 ? this.low[codePoint] === 1 : contains(this.set, codePoint);
  }
}

/** Finds the places where a match can begin. */
export interface Starts {
  /** The first such place at or after `from`, or -1. */
  next(text: string, from: number, end: number): number;
}

/** Matches begin with this text. */
export const startsWithText = (prefix: string): Starts => ({
  next: (text, from, end) => {
    const found = text.indexOf(prefix, from);
    return found >= 0 && found + prefix.length <= end ? found : -1;
  },
});

/** Matches begin with one of these characters. */
export function startsWithChar(set: CharSet): Starts {
  const test = new SetTest(set);
  return {
    next(text, from, end) {
      for (let i = from; i < end; i++) {
        const unit = text.charCodeAt(i);
        if (unit < 256 ? test.low[unit] === 1 : test.has(text.codePointAt(i) ?? unit)) return i;
      }
      return -1;
    },
  };
}
