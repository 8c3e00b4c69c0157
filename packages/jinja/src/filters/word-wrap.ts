import { attributeError, valueError } from "../errors.js";
import { charge, tick } from "../limits.js";
import type { Context } from "../runtime/context.js";
import { truthy } from "../runtime/iterate.js";
import { textOf } from "../runtime/markup.js";
import { str } from "../runtime/printing.js";
import { asIndex } from "../runtime/slices.js";
import { codePointLength, sliceCodePoints, splitLines } from "../runtime/text.js";
import { Undefined } from "../runtime/undefined.js";
import { typeName, type Value } from "../runtime/values.js";

// The words Python's textwrap sees: blanks, em-dashes, parts of hyphenated words, words.
const blank = "[\\t\\n\\v\\f\\r ]";
const solid = "[^\\t\\n\\v\\f\\r ]";
const punctuation = "[\\p{L}\\p{N}_!\"'&.,?]";
const letter = "[\\p{L}_]";
const words = new RegExp(
  `(${blank}+|(?<=${punctuation})-{2,}(?=[\\p{L}\\p{N}_])|${solid}+?(?:-(?:(?<=${letter}{2}-)|(?<=${letter}-${punctuation}-))` +
    `(?=${letter}-?${letter})|(?=${blank}|$)|(?<=${punctuation})(?=-{2,}[\\p{L}\\p{N}_])))`,
  "u",
);
const simpleWords = new RegExp(`(${blank}+)`);
const onlyBlank = new RegExp(`^${blank}*$`);

interface WrapOptions {
  readonly width: number;
  readonly breakLong: boolean;
  readonly breakHyphens: boolean;
}

function wrapLine(text: string, options: WrapOptions): string[] {
  const { width } = options;
  if (width <= 0) throw valueError(`invalid width ${width} (must be > 0)`);
  const chunks = text
    .split(options.breakHyphens ? words : simpleWords)
    .filter(Boolean)
    .reverse();
  const lines: string[] = [];
  while (chunks.length > 0) {
    tick();
    const line: string[] = [];
    let length = 0;
    if (onlyBlank.test(chunks.at(-1) ?? "") && lines.length > 0) chunks.pop();
    for (let chunk = chunks.at(-1); chunk !== undefined; chunk = chunks.at(-1)) {
      const size = codePointLength(chunk);
      if (length + size > width) break;
      line.push(chunk);
      chunks.pop();
      length += size;
    }
    const next = chunks.at(-1);
    if (next !== undefined && codePointLength(next) > width)
      breakWord(chunks, line, { ...options, room: width - length });
    if (onlyBlank.test(line.at(-1) ?? "x")) line.pop();
    if (line.length > 0) lines.push(line.join(""));
  }
  return lines;
}

function breakWord(
  chunks: string[],
  line: string[],
  { room, breakLong, breakHyphens }: WrapOptions & { room: number },
): void {
  const chunk = chunks.pop() ?? "";
  if (!breakLong) {
    if (line.length === 0) line.push(chunk);
    else chunks.push(chunk);
    return;
  }
  let end = room;
  const start = sliceCodePoints(chunk, 0, room);
  const hyphen = breakHyphens ? start.lastIndexOf("-") : -1;
  if (hyphen > 0 && /[^-]/.test(start.slice(0, hyphen))) end = codePointLength(start.slice(0, hyphen)) + 1;
  line.push(sliceCodePoints(chunk, 0, end));
  const rest = sliceCodePoints(chunk, end, codePointLength(chunk));
  chunks.push(rest);
}

/** The `wordwrap` filter. */
export function wordWrap(
  _: Context,
  s: Value,
  width: Value = 79,
  breakLong: Value = true,
  wrapString: Value = null,
  breakHyphens: Value = true,
): Value {
  const options = { width: asIndex(width), breakLong: truthy(breakLong), breakHyphens: truthy(breakHyphens) };
  const end = wrapString === null ? "\n" : str(wrapString);
  const text = textOf(s);
  if (text === undefined) {
    if (s instanceof Undefined) s.fail();
    throw attributeError(`'${typeName(s)}' object has no attribute 'splitlines'`);
  }
  charge(text.length);
  tick(text.length);
  const lines = splitLines(text).map((line) => wrapLine(line, options).join(end));
  const out = lines.join(end);
  charge(out.length);
  return out;
}
