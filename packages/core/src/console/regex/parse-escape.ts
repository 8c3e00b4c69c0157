import type { CharSet } from "./char-set.js";
import { unsupportedError } from "./pattern-error.js";
import type { PatternSource } from "./pattern-source.js";
import { category } from "./unicode.js";

const controls: Readonly<Record<string, number>> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11, "\\": 92 };
const hexLengths: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };
const octal = /[0-7]/;

/** What an escape stands for; a set of one code point may be the end of a range, a category may not. */
export type Escape =
  | { readonly kind: "char"; readonly codePoint: number }
  | { readonly kind: "category"; readonly set: CharSet }
  | { readonly kind: "assert"; readonly letter: string }
  | { readonly kind: "group"; readonly index: number };

const char = (codePoint: number): Escape => ({ kind: "char", codePoint });

function hexEscape(source: PatternSource, letter: string, from: number): Escape {
  const length = hexLengths[letter] ?? 0;
  const digits = source.takeWhile(/[0-9a-fA-F]/, length);
  if (digits.length < length)
    source.fail(`incomplete escape \\${letter}${digits} (expected ${length} hexadecimal digits)`, from);
  const codePoint = Number.parseInt(digits, 16);
  if (codePoint > 0x10ffff) source.fail(`bad escape \\${letter}${digits} (no such code point)`, from);
  return char(codePoint);
}

function octalEscape(source: PatternSource, digits: string, from: number): Escape {
  const value = Number.parseInt(digits, 8);
  if (value > 0o377) source.fail(`octal escape value \\${digits} outside of range 0-0o377`, from);
  return char(value);
}

/** The escapes that mean the same inside and outside a set. */
function commonEscape(
  source: PatternSource,
  letter: string,
  options: { from: number; ascii: boolean },
): Escape | undefined {
  const { from, ascii } = options;
  if ("dDsSwW".includes(letter)) return { kind: "category", set: category(letter, ascii) };
  if (letter in hexLengths) return hexEscape(source, letter, from);
  if (letter === "N") throw unsupportedError(source.text, from, "a character by name (\\N{...})");
  return undefined;
}

function plainEscape(source: PatternSource, letter: string, from: number): Escape {
  if (/[a-zA-Z0-9]/.test(letter)) source.fail(`bad escape \\${letter}`, from);
  return char(letter.codePointAt(0) ?? 0);
}

/** An escape outside a set; the cursor stands behind the backslash. */
export function parseEscape(source: PatternSource, ascii: boolean): Escape {
  const from = source.position - 1;
  const letter = source.next();
  if (letter === undefined) return source.fail("bad escape (end of pattern)", from);
  if ("AbBZ".includes(letter)) return { kind: "assert", letter };
  const common = commonEscape(source, letter, { from, ascii });
  if (common) return common;
  const control = controls[letter];
  if (control !== undefined) return char(control);
  if (letter === "0") return octalEscape(source, `0${source.takeWhile(octal, 2)}`, from);
  if (/[1-9]/.test(letter)) {
    let digits = letter + source.takeWhile(/[0-9]/, 1);
    if (/^[0-3]?[0-7][0-7]$|^[0-7][0-7]$/.test(digits) && octal.test(source.peek() ?? "")) {
      digits += source.next();
      return octalEscape(source, digits, from);
    }
    return { kind: "group", index: Number.parseInt(digits, 10) };
  }
  return plainEscape(source, letter, from);
}

/** An escape inside a set; the cursor stands behind the backslash. */
export function parseSetEscape(source: PatternSource, ascii: boolean): Escape {
  const from = source.position - 1;
  const letter = source.next();
  if (letter === undefined) return source.fail("bad escape (end of pattern)", from);
  const common = commonEscape(source, letter, { from, ascii });
  if (common) return common;
  const control = controls[letter];
  if (control !== undefined) return char(control);
  if (octal.test(letter)) return octalEscape(source, letter + source.takeWhile(octal, 2), from);
  return plainEscape(source, letter, from);
}

/** A set, as it is written: IGNORECASE concerns its characters and ranges, not its categories. */
export interface WrittenSet {
  readonly ranges: readonly number[];
  readonly categories: readonly CharSet[];
  readonly negated: boolean;
}

/** Reads a set; the cursor stands behind its `[`. */
export function parseSet(source: PatternSource, ascii: boolean): WrittenSet {
  const from = source.position - 1;
  const negated = source.take("^");
  const ranges: number[] = [];
  const categories: CharSet[] = [];
  const member = (): Escape => {
    const first = source.next();
    if (first === undefined) return source.fail("unterminated character set (expected ])", from);
    return first === "\\" ? parseSetEscape(source, ascii) : char(first.codePointAt(0) ?? 0);
  };
  const add = (item: Escape): void => {
    if (item.kind === "char") ranges.push(item.codePoint, item.codePoint);
    else if (item.kind === "category") categories.push(item.set);
  };
  for (let first = true; first || source.peek() !== "]"; first = false) {
    const start = source.position;
    const low = member();
    if (source.peek() !== "-") {
      add(low);
      continue;
    }
    source.next();
    if (source.peek() === "]") {
      add(low);
      ranges.push(45, 45);
      break;
    }
    const high = member();
    if (low.kind !== "char" || high.kind !== "char" || high.codePoint < low.codePoint)
      return source.fail("bad character range (expected two characters in order)", start);
    ranges.push(low.codePoint, high.codePoint);
  }
  source.next();
  return { ranges, categories, negated };
}
