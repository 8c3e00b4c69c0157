import { attributeError, filterArgumentError, JinjaError, typeError } from "../errors.js";
import { percentFormat } from "../format/percent-format.js";
import { charge, tick } from "../limits.js";
import { joinTexts, replaceText } from "../methods/string.js";
import { capitalize } from "../methods/string-case.js";
import { center } from "../methods/string-fill.js";
import { splitTextRight, strip } from "../methods/string-split.js";
import { type Builtins, builtins } from "../runtime/builtin.js";
import { Dict, Tuple } from "../runtime/collections.js";
import { compare } from "../runtime/compare.js";
import type { Context } from "../runtime/context.js";
import { toList, truthy } from "../runtime/iterate.js";
import { lengthOf } from "../runtime/length.js";
import { escapeText, Markup, textOf } from "../runtime/markup.js";
import { add, multiply, toHtml } from "../runtime/operators.js";
import { str } from "../runtime/printing.js";
import { asIndex } from "../runtime/slices.js";
import { codePoints, sliceCodePoints, splitLines } from "../runtime/text.js";
import { Undefined } from "../runtime/undefined.js";
import { type Kwargs, typeName, type Value } from "../runtime/values.js";
import { attributeGetter } from "./attribute.js";
import { wordWrap } from "./word-wrap.js";

/** Text as it is, anything else printed. */
const soft = (value: Value): string | Markup => (value instanceof Markup ? value : str(value));

/** Applies `change` to the text of a value; Markup stays Markup. */
function onText(value: Value, change: (text: string) => string): Value {
  const text = soft(value);
  return typeof text === "string" ? change(text) : new Markup(change(text.text));
}

function replace(context: Context, s: Value, old: Value, replacement: Value, count: Value = null): Value {
  const times = count === null ? -1 : asIndex(count);
  if (!context.evalState.autoescape) return replaceText(str(s), [str(old), str(replacement)], times);
  const marked = old instanceof Markup || (replacement instanceof Markup && !(s instanceof Markup));
  const subject = marked ? toHtml(s, str) : soft(s);
  if (typeof subject === "string") return replaceText(subject, [str(old), str(replacement)], times);
  const safe = (value: Value): string => (value instanceof Markup ? value.text : escapeText(str(value)));
  return new Markup(replaceText(subject.text, [safe(old), safe(replacement)], times));
}

function join(context: Context, value: Value, d: Value = "", attribute: Value = null): Value {
  const get = attributeGetter(context, attribute);
  const items = toList(value).map(get);
  if (!context.evalState.autoescape) return joinTexts(str(d), items.map(str));
  if (d instanceof Markup) return new Markup(items.map((item) => toHtml(item, str).text).join(d.text));
  if (!items.some((item) => item instanceof Markup)) return joinTexts(str(d), items.map(str));
  return new Markup(items.map((item) => toHtml(item, str).text).join(escapeText(str(d))));
}

function indent(_: Context, s: Value, width: Value = 4, first: Value = false, blank: Value = false): Value {
  const unit = textOf(width) ?? textOf(multiply(" ", width)) ?? "";
  const text = Array.isArray(s) ? undefined : textOf(add(s, "\n"));
  if (text === undefined) throw attributeError(`'${typeName(s)}' object has no attribute 'splitlines'`);
  const lines = splitLines(text);
  charge((unit.length + 1) * lines.length);
  tick(1 + (lines.length >> 3));
  let out: string;
  if (truthy(blank)) {
    out = lines.join(`\n${unit}`);
  } else {
    const [head = "", ...rest] = lines;
    out = [head, ...rest.map((line) => (line === "" ? line : unit + line))].join("\n");
  }
  if (truthy(first)) out = unit + out;
  charge(out.length);
  return s instanceof Markup ? new Markup(out) : out;
}

function truncateText(
  _: Context,
  s: Value,
  length: Value = 255,
  killWords: Value = false,
  end: Value = "...",
  leeway: Value = null,
): Value {
  const slack = leeway ?? 5;
  const endText = textOf(end);
  if (endText === undefined) throw typeError(`object of type '${typeName(end)}' has no len()`);
  const endLength = lengthOf(end);
  if (compare(length, endLength, ">=") < 0) throw assertion(`expected length >= ${endLength}, got ${str(length)}`);
  if (compare(slack, 0, ">=") < 0) throw assertion(`expected leeway >= 0, got ${str(slack)}`);
  if (compare(lengthOf(s), add(length, slack), "<=") <= 0) return s;
  const text = textOf(s);
  if (text === undefined) throw typeError(`can only truncate text, not ${typeName(s)}`);
  const cut = sliceCodePoints(text, 0, asIndex(length) - endLength);
  const kept = truthy(killWords) ? cut : (splitTextRight(cut, " ", 1)[0] ?? "");
  return s instanceof Markup ? new Markup(kept + toHtml(end, str).text) : kept + endText;
}

const assertion = (reason: string): JinjaError => new JinjaError("AssertionError", reason);

const wordStart = /([-\s({[<]+)/;

const titled = (text: string): string =>
  text
    .split(wordStart)
    .map((part) => {
      tick();
      const first = codePoints(part.slice(0, 2))[0] ?? "";
      return first.toUpperCase() + part.slice(first.length).toLowerCase();
    })
    .join("");

function format(_: Context, [value = "", ...args]: Value[], kwargs: Kwargs): Value {
  if (args.length > 0 && kwargs.size > 0) {
    throw filterArgumentError("can't handle positional and keyword arguments at the same time");
  }
  return percentFormat(soft(value), kwargs.size > 0 ? Dict.of(kwargs) : new Tuple(args));
}

function wordCount(_: Context, value: Value): Value {
  let count = 0;
  for (const _word of str(value).matchAll(/[\p{L}\p{N}_]+/gu)) {
    tick();
    count++;
  }
  return count;
}

function defaultTo(_: Context, value: Value, fallback: Value = "", boolean: Value = false): Value {
  if (value instanceof Undefined) return fallback;
  return boolean !== false && truthy(boolean) && !truthy(value) ? fallback : value;
}

/** Filters that work on text. */
export const textFilters: Builtins = builtins([
  ["default", "value, default_value=, boolean=", defaultTo],
  ["d", "value, default_value=, boolean=", defaultTo],
  ["upper", "s", (_, s: Value) => onText(s, (text) => text.toUpperCase())],
  ["lower", "s", (_, s: Value) => onText(s, (text) => text.toLowerCase())],
  ["capitalize", "s", (_, s: Value) => onText(s, capitalize)],
  ["title", "s", (_, s: Value) => titled(str(s))],
  ["center", "value, width=", (_, value: Value, width: Value = 80) => onText(value, (text) => center(text, width))],
  [
    "trim",
    "value, chars=",
    (_, value: Value, chars: Value = null) => onText(value, (text) => strip(text, chars, "both")),
  ],
  ["string", "object", (_, value: Value) => soft(value)],
  ["replace", "s, old, new, count=", replace],
  ["join", "value, d=, attribute=", join],
  ["indent", "s, width=, first=, blank=", indent],
  ["truncate", "s, length=, killwords=, end=, leeway=", truncateText],
  ["wordwrap", "s, width=, break_long_words=, wrapstring=, break_on_hyphens=", wordWrap],
  ["wordcount", "s", wordCount],
  ["format", "*, **", format],
]);
