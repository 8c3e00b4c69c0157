import { typeError, valueError } from "../errors.js";
import { charge, enterCall, leaveCall, tick } from "../limits.js";
import { type Builtins, builtins } from "../runtime/builtin.js";
import { Dict, Tuple } from "../runtime/collections.js";
import type { Context } from "../runtime/context.js";
import { Markup, textOf } from "../runtime/markup.js";
import { numeric } from "../runtime/numbers.js";
import { bigintText } from "../runtime/printing.js";
import { sortValues } from "../runtime/sort.js";
import { floatRepr, isInteger, typeName, type Value } from "../runtime/values.js";

const htmlUnsafe: ReadonlyMap<string, string> = new Map([
  ["<", "\\u003c"],
  [">", "\\u003e"],
  ["&", "\\u0026"],
  ["'", "\\u0027"],
]);

const quoted = (text: string): string =>
  JSON.stringify(text).replace(/[\x7f-\uffff]/g, (char) =>
    char === "\x7f" ? char : `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

function number(value: Value): string {
  const found = numeric(value);
  if (found?.int !== undefined) return bigintText(BigInt(found.int));
  const float = found?.float ?? 0;
  if (Number.isNaN(float)) return "NaN";
  if (!Number.isFinite(float)) return float > 0 ? "Infinity" : "-Infinity";
  return floatRepr(float);
}

const atom = (value: Value): string | undefined => {
  const text = textOf(value);
  if (text !== undefined) return quoted(text);
  if (value === null) return "null";
  if (typeof value === "boolean") return value ? "true" : "false";
  return isInteger(value) || numeric(value) ? number(value) : undefined;
};

function keyText(key: Value): string {
  if (textOf(key) !== undefined) return atom(key) ?? "";
  const text = atom(key);
  if (text === undefined) {
    throw typeError(`keys must be str, int, float, bool or None, not ${typeName(key)}`);
  }
  return `"${text}"`;
}

class Writer {
  readonly #open = new Set<Value>();
  constructor(readonly indent: string | null) {}

  write(value: Value, level: number): string {
    tick();
    const text = atom(value);
    if (text !== undefined) {
      charge(text.length);
      return text;
    }
    if (this.#open.has(value)) throw valueError("Circular reference detected");
    this.#open.add(value);
    enterCall();
    const out = this.#container(value, level);
    leaveCall();
    this.#open.delete(value);
    return out;
  }

  #container(value: Value, level: number): string {
    if (Array.isArray(value) || value instanceof Tuple) {
      const items = Array.isArray(value) ? value : value.items;
      return this.#wrap(
        "[]",
        items.map((item) => this.write(item, level + 1)),
        level,
      );
    }
    if (value instanceof Dict) {
      const pairs = value.pairs().map((pair) => new Tuple(pair));
      const sorted = sortValues(pairs, (pair) => (pair as Tuple).items[0] as Value, false) as Tuple[];
      const items = sorted.map(
        ({ items: [key = null, item = null] }) => `${keyText(key)}: ${this.write(item, level + 1)}`,
      );
      return this.#wrap("{}", items, level);
    }
    throw typeError(`Object of type ${typeName(value)} is not JSON serializable`);
  }

  #wrap(brackets: string, items: readonly string[], level: number): string {
    if (items.length === 0) return brackets;
    const [open = "", close = ""] = brackets;
    if (this.indent === null) return `${open}${items.join(", ")}${close}`;
    const line = `\n${this.indent.repeat(level + 1)}`;
    charge(line.length * items.length);
    return `${open}${line}${items.join(`,${line}`)}\n${this.indent.repeat(level)}${close}`;
  }
}

function indentOf(indent: Value): string | null {
  if (indent === null) return null;
  const text = textOf(indent);
  if (text !== undefined) return text;
  const spaces = Math.max(0, Number(numeric(indent)?.int ?? 0));
  charge(spaces);
  return " ".repeat(spaces);
}

function toJson(_: Context, value: Value, indent: Value = null): Value {
  const text = new Writer(indentOf(indent)).write(value, 0);
  charge(text.length);
  return new Markup(text.replace(/[<>&']/g, (char) => htmlUnsafe.get(char) ?? char));
}

/** The `tojson` filter: keys sorted, safe inside HTML. */
export const jsonFilters: Builtins = builtins([["tojson", "value, indent=", toJson]]);
