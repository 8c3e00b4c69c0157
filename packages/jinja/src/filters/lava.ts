import { typeError } from "../errors.js";
import { enterCall, leaveCall } from "../limits.js";
import { type Builtins, builtins } from "../runtime/builtin.js";
import { Dict, Tuple } from "../runtime/collections.js";
import { textOf } from "../runtime/markup.js";
import { str } from "../runtime/printing.js";
import { Undefined } from "../runtime/undefined.js";
import { isFloat, isInteger, typeName, type Value } from "../runtime/values.js";

/** Python's `shlex.quote`. */
export function shlexQuote(text: string): string {
  if (text === "") return "''";
  return /[^\w@%+=:,./-]/.test(text) ? `'${text.replaceAll("'", `'"'"'`)}'` : text;
}

const escapes: ReadonlyMap<string, string> = new Map([
  ["\0", "\\0"],
  ["\x07", "\\a"],
  ["\b", "\\b"],
  ["\t", "\\t"],
  ["\n", "\\n"],
  ["\v", "\\v"],
  ["\f", "\\f"],
  ["\r", "\\r"],
  ["\x1b", "\\e"],
  ['"', '\\"'],
  ["\\", "\\\\"],
  ["\x85", "\\N"],
  ["\xa0", "\\_"],
  ["\u2028", "\\L"],
  ["\u2029", "\\P"],
]);

function escapeChar(char: string): string {
  const known = escapes.get(char);
  if (known !== undefined) return known;
  const code = char.codePointAt(0) ?? 0;
  const hex = code.toString(16).toUpperCase();
  if (code < 0x100) return `\\x${hex.padStart(2, "0")}`;
  return code < 0x10000 ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}

const quoteText = (text: string): string => `"${text.replace(/["\\]|[^\x20-\x7e]/gu, escapeChar)}"`;

function yamlScalar(value: Value): string | undefined {
  if (value === null) return "null";
  if (typeof value === "boolean") return value ? "true" : "false";
  if (isInteger(value)) return str(value);
  if (!isFloat(value)) return undefined;
  const text = str(value);
  return { inf: ".inf", "-inf": "-.inf", nan: ".nan" }[text] ?? text.replace(/^(-?\d+)e/, "$1.0e");
}

/**
 * A value as YAML on one line, every scalar in double quotes. What is not a string carries the tag `!`, as libyaml writes
 * it: a YAML 1.1 reader then takes the scalar as if it were plain.
 */
export function yamlQuote(value: Value): string {
  const text = textOf(value);
  if (text !== undefined) return quoteText(text);
  const scalar = yamlScalar(value);
  if (scalar !== undefined) return `! "${scalar}"`;
  enterCall();
  try {
    if (Array.isArray(value)) return `[${value.map(yamlQuote).join(", ")}]`;
    if (value instanceof Tuple) return `[${value.items.map(yamlQuote).join(", ")}]`;
    if (value instanceof Dict) {
      return `{${value
        .pairs()
        .map(([key, item]) => `${yamlQuote(key)}: ${yamlQuote(item)}`)
        .join(", ")}}`;
    }
  } finally {
    leaveCall();
  }
  if (value instanceof Undefined) value.fail();
  throw typeError(`cannot write a value of type ${typeName(value)} as YAML`);
}

const x86: ReadonlySet<string> = new Set(["x86_64", "amd64", "i386", "i486", "i586", "i686", "x86"]);

/** The three filters LAVA adds to Jinja2 for device templates (spec/lava-server.md, section 6.7). */
export const lavaFilters: Builtins = builtins([
  ["shlex_quote", "value", (_, value: Value) => shlexQuote(str(value))],
  ["yaml_quote", "value", (_, value: Value) => yamlQuote(value)],
  [
    "qemu_guest_fs_interface",
    "arch, value=",
    (_, arch: Value, value: Value = null) => {
      if (value !== null && !(value instanceof Undefined) && value !== "") return value;
      return x86.has(str(arch)) ? "ide" : "virtio";
    },
  ],
]);
