import { enterCall, leaveCall, tick } from "../limits.js";
import { type Builtins, builtins } from "../runtime/builtin.js";
import { Dict, Tuple } from "../runtime/collections.js";
import { compare } from "../runtime/compare.js";
import { repr } from "../runtime/printing.js";
import { stringRepr } from "../runtime/string-repr.js";
import { codePointLength } from "../runtime/text.js";
import { typeName, type Value } from "../runtime/values.js";

const width = 80;

interface Place {
  /** Column the value begins at. */
  readonly indent: number;
  /** Characters that will follow on its last line. */
  readonly allowance: number;
  readonly level: number;
}

/** Pairs by key; keys that cannot be compared go by the names of their types. */
function sortedPairs(dict: Dict): [Value, Value][] {
  const order = ([left]: [Value, Value], [right]: [Value, Value]): number => {
    try {
      return compare(left, right);
    } catch {
      return typeName(left) < typeName(right) ? -1 : 1;
    }
  };
  return dict.pairs().sort(order);
}

/** `repr` with dicts in order. */
function flat(value: Value): string {
  tick();
  enterCall();
  try {
    if (Array.isArray(value)) return `[${value.map(flat).join(", ")}]`;
    if (value instanceof Tuple && value.names.length === 0) {
      return value.items.length === 1 ? `(${flat(value.items[0] as Value)},)` : `(${value.items.map(flat).join(", ")})`;
    }
    if (value instanceof Dict) {
      return `{${sortedPairs(value)
        .map(([key, item]) => `${flat(key)}: ${flat(item)}`)
        .join(", ")}}`;
    }
    return repr(value);
  } finally {
    leaveCall();
  }
}

function format(value: Value, place: Place): string {
  const text = flat(value);
  if (codePointLength(text) <= width - place.indent - place.allowance) return text;
  if (typeof value === "string") return formatString(value, place);
  if (value instanceof Dict && value.length() > 0) return formatDict(value, place);
  if (Array.isArray(value) && value.length > 0) return formatItems(value, place, ["[", "]"]);
  if (value instanceof Tuple && value.items.length > 0) {
    return formatItems(value.items, place, ["(", value.items.length === 1 ? ",)" : ")"]);
  }
  return text;
}

function formatDict(dict: Dict, { indent, allowance, level }: Place): string {
  const pairs = sortedPairs(dict);
  const lines = pairs.map(([key, value], i) => {
    const name = flat(key);
    const last = i === pairs.length - 1;
    const at = indent + 1 + codePointLength(name) + 2;
    return `${name}: ${format(value, { indent: at, allowance: last ? allowance + 1 : 1, level: level + 1 })}`;
  });
  return `{${lines.join(`,\n${" ".repeat(indent + 1)}`)}}`;
}

function formatItems(items: readonly Value[], place: Place, [open, close]: readonly [string, string]): string {
  const lines = items.map((item, i) => {
    const last = i === items.length - 1;
    const allowance = last ? place.allowance + close.length : 1;
    return format(item, { indent: place.indent + 1, allowance, level: place.level + 1 });
  });
  return `${open}${lines.join(`,\n${" ".repeat(place.indent + 1)}`)}${close}`;
}

function formatString(text: string, { indent, allowance, level }: Place): string {
  const lines = text.split(/(?<=\n)/);
  const at = level === 0 ? indent + 1 : indent;
  const room = level === 0 ? allowance + 1 : allowance;
  const chunks: string[] = [];
  lines.forEach((line, i) => {
    const lastLine = i === lines.length - 1;
    const max = width - at - (lastLine ? room : 0);
    if (stringRepr(line).length <= (lastLine ? max : width - at)) {
      chunks.push(stringRepr(line));
      return;
    }
    chunks.push(...splitLine(line, width - at, lastLine ? room : 0));
  });
  if (chunks.length === 1) return stringRepr(text);
  const body = chunks.join(`\n${" ".repeat(at)}`);
  return level === 0 ? `(${body})` : body;
}

function splitLine(line: string, max: number, allowance: number): string[] {
  const parts = line.match(/\S*\s*/g)?.filter(Boolean) ?? [];
  const chunks: string[] = [];
  let current = "";
  parts.forEach((part, i) => {
    tick();
    const room = i === parts.length - 1 ? max - allowance : max;
    if (stringRepr(current + part).length > room) {
      if (current) chunks.push(stringRepr(current));
      current = part;
    } else {
      current += part;
    }
  });
  if (current) chunks.push(stringRepr(current));
  return chunks;
}

/** The `pprint` filter: Python's `pprint.pformat`. */
export const pprintFilters: Builtins = builtins([
  ["pprint", "value", (_, value: Value) => format(value, { indent: 0, allowance: 0, level: 0 })],
]);
