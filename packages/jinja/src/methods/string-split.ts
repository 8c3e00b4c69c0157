import { typeError, valueError } from "../errors.js";
import { charge, tick } from "../limits.js";
import { builtins } from "../runtime/builtin.js";
import { Tuple } from "../runtime/collections.js";
import { textOf } from "../runtime/markup.js";
import { asIndex } from "../runtime/slices.js";
import { codePoints, isSpace, pythonSpace, trimEnd, trimStart } from "../runtime/text.js";
import { typeName, type Value } from "../runtime/values.js";

const blanks = new RegExp(`[${pythonSpace}]+`, "g");

function separatorOf(value: Value): string | null {
  if (value === null) return null;
  const text = textOf(value);
  if (text === undefined) throw typeError(`must be str or None, not ${typeName(value)}`);
  if (text === "") throw valueError("empty separator");
  return text;
}

function splitBlanks(text: string, limit: number): string[] {
  const body = trimStart(text);
  const out: string[] = [];
  let at = 0;
  for (const gap of body.matchAll(blanks)) {
    if (limit >= 0 && out.length >= limit) break;
    out.push(body.slice(at, gap.index));
    at = gap.index + gap[0].length;
  }
  if (at < body.length) out.push(body.slice(at));
  return out;
}

function splitBlanksRight(text: string, limit: number): string[] {
  let rest = trimEnd(text);
  const out: string[] = [];
  while (rest !== "" && (limit < 0 || out.length < limit)) {
    tick();
    let at = rest.length;
    while (at > 0 && !isSpace(rest.charAt(at - 1))) at--;
    out.unshift(rest.slice(at));
    rest = trimEnd(rest.slice(0, at));
  }
  if (rest !== "") out.unshift(rest);
  return out;
}

/** Python's `text.split(separator, limit)`. */
export function splitText(text: string, separator: string | null, limit: number): string[] {
  charge(text.length);
  tick(1 + (text.length >> 6));
  if (separator === null) return limit === 0 && trimStart(text) === "" ? [] : splitBlanks(text, limit);
  const parts = text.split(separator);
  if (limit < 0 || parts.length <= limit + 1) return parts;
  return [...parts.slice(0, limit), parts.slice(limit).join(separator)];
}

/** Python's `text.rsplit(separator, limit)`. */
export function splitTextRight(text: string, separator: string | null, limit: number): string[] {
  charge(text.length);
  tick(1 + (text.length >> 6));
  if (separator === null) return limit < 0 ? splitBlanks(text, limit) : splitBlanksRight(text, limit);
  if (limit < 0) return text.split(separator);
  const out: string[] = [];
  let rest = text;
  while (out.length < limit) {
    // Overlapping separators are found from the right, unlike in split.
    const at = rest.length < separator.length ? -1 : rest.lastIndexOf(separator);
    if (at < 0) break;
    tick();
    out.unshift(rest.slice(at + separator.length));
    rest = rest.slice(0, at);
  }
  return [rest, ...out];
}

function partition(text: string, value: Value, right: boolean): Tuple {
  const separator = separatorOf(value);
  if (separator === null) throw typeError("must be str, not NoneType");
  const at = right ? text.lastIndexOf(separator) : text.indexOf(separator);
  if (at < 0) return new Tuple(right ? ["", "", text] : [text, "", ""]);
  return new Tuple([text.slice(0, at), separator, text.slice(at + separator.length)]);
}

/** Python's `text.strip(chars)` and its one-sided kin. */
export function strip(text: string, chars: Value, side: "both" | "left" | "right"): string {
  tick(1 + (text.length >> 6));
  if (chars === null) {
    const left = side === "right" ? text : trimStart(text);
    return side === "left" ? left : trimEnd(left);
  }
  const set = textOf(chars);
  if (set === undefined) throw typeError(`strip arg must be None or str, not ${typeName(chars)}`);
  const cut = new Set(codePoints(set));
  const all = codePoints(text);
  let start = 0;
  let end = all.length;
  if (side !== "right") while (start < end && cut.has(all[start] ?? "")) start++;
  if (side !== "left") while (end > start && cut.has(all[end - 1] ?? "")) end--;
  return all.slice(start, end).join("");
}

/** Methods of str that take it apart. */
export const splitMethods = builtins([
  [
    "split",
    "self, sep=, maxsplit=",
    (_, self: string, sep: Value = null, limit: Value = -1) => splitText(self, separatorOf(sep), asIndex(limit)),
  ],
  [
    "rsplit",
    "self, sep=, maxsplit=",
    (_, self: string, sep: Value = null, limit: Value = -1) => splitTextRight(self, separatorOf(sep), asIndex(limit)),
  ],
  ["partition", "/self, sep", (_, self: string, sep: Value) => partition(self, sep, false)],
  ["rpartition", "/self, sep", (_, self: string, sep: Value) => partition(self, sep, true)],
  ["strip", "/self, chars=", (_, self: string, chars: Value = null) => strip(self, chars, "both")],
  ["lstrip", "/self, chars=", (_, self: string, chars: Value = null) => strip(self, chars, "left")],
  ["rstrip", "/self, chars=", (_, self: string, chars: Value = null) => strip(self, chars, "right")],
]);
