import { typeError, valueError } from "../errors.js";
import { strFormat } from "../format/str-format.js";
import { charge, tick } from "../limits.js";
import { getAttribute, getItem } from "../runtime/attributes.js";
import { type Builtins, builtins } from "../runtime/builtin.js";
import { Dict, Tuple } from "../runtime/collections.js";
import type { Context } from "../runtime/context.js";
import { iterate, toList, truthy } from "../runtime/iterate.js";
import { Markup, textOf } from "../runtime/markup.js";
import { asIndex } from "../runtime/slices.js";
import { codePointLength, codePoints, hasAstral, sliceCodePoints, splitLines } from "../runtime/text.js";
import { Undefined } from "../runtime/undefined.js";
import { type Kwargs, typeName, type Value } from "../runtime/values.js";
import { caseMethods } from "./string-case.js";
import { fillMethods } from "./string-fill.js";
import { splitMethods } from "./string-split.js";

type Bound = Value | undefined;

/** An argument that must be text. */
export function text(value: Value | undefined, what: string): string {
  const found = value === undefined ? undefined : textOf(value);
  if (found === undefined) throw typeError(`${what} must be str, not ${typeName(value ?? null)}`);
  return found;
}

interface Window {
  readonly part: string;
  readonly start: number;
  readonly length: number;
  /** Whether the start lies behind the end of the string, where not even "" is found. */
  readonly beyond: boolean;
}

function window(self: string, start: Bound, end: Bound): Window {
  tick(1 + (self.length >> 8));
  const length = codePointLength(self);
  const at = (bound: Bound, absent: number): number => {
    if (bound === undefined || bound === null) return absent;
    const index = asIndex(bound);
    return index < 0 ? Math.max(0, index + length) : index;
  };
  const from = at(start, 0);
  const to = Math.min(at(end, length), length);
  return {
    part: start === undefined && end === undefined ? self : sliceCodePoints(self, from, Math.max(from, to)),
    start: from,
    length,
    beyond: from > to,
  };
}

type Finder = "indexOf" | "lastIndexOf";

function find(self: string, finder: Finder, [sub, start, end]: readonly [Value, Bound, Bound]): number {
  const { part, start: from, beyond } = window(self, start, end);
  const at = beyond ? -1 : part[finder](text(sub, "must be str"));
  return at < 0 ? -1 : from + (hasAstral(part) ? codePointLength(part.slice(0, at)) : at);
}

function index(self: string, finder: Finder, search: readonly [Value, Bound, Bound]): number {
  const at = find(self, finder, search);
  if (at < 0) throw valueError("substring not found");
  return at;
}

function affix(
  self: string,
  kind: "startsWith" | "endsWith",
  [value, start, end]: readonly [Value, Bound, Bound],
): boolean {
  const { part, beyond } = window(self, start, end);
  const one = (candidate: Value): boolean => {
    const wanted = textOf(candidate);
    if (wanted === undefined) {
      const name = kind.toLowerCase();
      throw typeError(`${name} first arg must be str or a tuple of str, not ${typeName(candidate)}`);
    }
    return !beyond && part[kind](wanted);
  };
  return value instanceof Tuple ? value.items.some(one) : one(value);
}

/** Python's `text.replace(old, new, count)`; a negative count means all. */
export function replaceText(self: string, [old, replacement]: readonly [string, string], count: number): string {
  tick(1 + (self.length >> 6));
  if (count === 0) return self;
  if (old === "") return interleave(self, replacement, count);
  const parts = self.split(old);
  const cuts = count < 0 ? parts.length - 1 : Math.min(count, parts.length - 1);
  if (cuts === 0) return self;
  charge(self.length + cuts * Math.max(0, replacement.length - old.length));
  tick(cuts >> 3);
  if (cuts === parts.length - 1) return parts.join(replacement);
  return [parts.slice(0, cuts).join(replacement), parts.slice(cuts).join(old)].join(replacement);
}

function interleave(self: string, replacement: string, count: number): string {
  const chars = codePoints(self);
  const cuts = count < 0 ? chars.length + 1 : Math.min(count, chars.length + 1);
  charge(self.length + cuts * replacement.length);
  let out = "";
  chars.forEach((char, i) => {
    out += (i < cuts ? replacement : "") + char;
  });
  return cuts > chars.length ? out + replacement : out;
}

function countText(self: string, [sub, start, end]: readonly [Value, Bound, Bound]): number {
  const { part, beyond } = window(self, start, end);
  const wanted = text(sub, "must be str");
  if (beyond) return 0;
  return wanted === "" ? codePointLength(part) + 1 : part.split(wanted).length - 1;
}

/** Python's `separator.join(items)`. */
export function joinTexts(separator: string, items: Value): string {
  if (typeof items !== "string") checkIterable(items);
  const parts = toList(items).map((item, i) => {
    const part = textOf(item);
    if (part === undefined) throw typeError(`sequence item ${i}: expected str instance, ${typeName(item)} found`);
    return part;
  });
  charge(parts.reduce((sum, part) => sum + part.length + separator.length, 0));
  return parts.join(separator);
}

function checkIterable(value: Value): void {
  if (value instanceof Undefined) return;
  try {
    iterate(value);
  } catch {
    throw typeError("can only join an iterable");
  }
}

/** `str.format` and `format_map` through the sandbox. */
export function formatText(
  context: Context,
  self: string | Markup,
  args: readonly Value[],
  kwargs: Kwargs | Dict,
): Value {
  const out = strFormat(self instanceof Markup ? self.text : self, {
    args,
    byName: (name) => kwargs.get(name),
    getAttribute: (object, name) => getAttribute(context, object, name),
    getItem: (object, key) => getItem(context, object, key),
    markup: self instanceof Markup,
  });
  return self instanceof Markup ? new Markup(out) : out;
}

function translate(self: string, table: Value): string {
  if (!(table instanceof Dict)) throw typeError("translate() needs a dict");
  let out = "";
  for (const char of codePoints(self)) {
    tick();
    const found = table.get(char.codePointAt(0) ?? 0);
    if (found === undefined) out += char;
    else if (found !== null)
      out += typeof found === "number" ? String.fromCodePoint(found) : text(found, "character mapping");
  }
  charge(out.length);
  return out;
}

const searchMethods: Builtins = builtins([
  [
    "count",
    "/self, sub, start=, end=",
    (_, self: string, sub: Value, start?: Value, end?: Value) => countText(self, [sub, start, end]),
  ],
  [
    "find",
    "/self, sub, start=, end=",
    (_, self: string, ...search: [Value, Bound, Bound]) => find(self, "indexOf", search),
  ],
  [
    "rfind",
    "/self, sub, start=, end=",
    (_, self: string, ...search: [Value, Bound, Bound]) => find(self, "lastIndexOf", search),
  ],
  [
    "index",
    "/self, sub, start=, end=",
    (_, self: string, ...search: [Value, Bound, Bound]) => index(self, "indexOf", search),
  ],
  [
    "rindex",
    "/self, sub, start=, end=",
    (_, self: string, ...search: [Value, Bound, Bound]) => index(self, "lastIndexOf", search),
  ],
  [
    "startswith",
    "/self, prefix, start=, end=",
    (_, self: string, ...search: [Value, Bound, Bound]) => affix(self, "startsWith", search),
  ],
  [
    "endswith",
    "/self, suffix, start=, end=",
    (_, self: string, ...search: [Value, Bound, Bound]) => affix(self, "endsWith", search),
  ],
  [
    "removeprefix",
    "/self, prefix",
    (_, self: string, prefix: Value) => {
      const cut = text(prefix, "removeprefix() argument");
      return self.startsWith(cut) ? self.slice(cut.length) : self;
    },
  ],
  [
    "removesuffix",
    "/self, suffix",
    (_, self: string, suffix: Value) => {
      const cut = text(suffix, "removesuffix() argument");
      return cut !== "" && self.endsWith(cut) ? self.slice(0, -cut.length) : self;
    },
  ],
]);

const buildMethods: Builtins = builtins([
  [
    "replace",
    "/self, old, new, count=",
    (_, self: string, old: Value, replacement: Value, count: Value = -1) =>
      replaceText(self, [text(old, "replace() argument 1"), text(replacement, "replace() argument 2")], asIndex(count)),
  ],
  ["join", "/self, items", (_, self: string, items: Value) => joinTexts(self, items)],
  [
    "format",
    "/self, *, **",
    (context, self: string, args: Value[], kwargs: Kwargs) => formatText(context, self, args, kwargs),
  ],
  [
    "format_map",
    "/self, mapping",
    (context, self: string, mapping: Value) => {
      if (!(mapping instanceof Dict)) throw typeError("format_map() needs a dict");
      return formatText(context, self, [], mapping);
    },
  ],
  ["splitlines", "self, keepends=", (_, self: string, keepEnds: Value = false) => splitLines(self, truthy(keepEnds))],
  ["translate", "/self, table", (_, self: string, table: Value) => translate(self, table)],
]);

/** Methods of str. */
export const stringMethods: Builtins = new Map([
  ...searchMethods,
  ...buildMethods,
  ...caseMethods,
  ...fillMethods,
  ...splitMethods,
]);
