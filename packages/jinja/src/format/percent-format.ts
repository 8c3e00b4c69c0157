import { keyError, overflowError, typeError, valueError } from "../errors.js";
import { charge } from "../limits.js";
import { Dict, Range, Tuple } from "../runtime/collections.js";
import { escapeText, Markup } from "../runtime/markup.js";
import { intToFloat, numeric, truncate } from "../runtime/numbers.js";
import { bigintText, repr, str } from "../runtime/printing.js";
import { stringRepr } from "../runtime/string-repr.js";
import { codePointLength, codePoints, sliceCodePoints } from "../runtime/text.js";
import { Undefined } from "../runtime/undefined.js";
import { typeName, type Value } from "../runtime/values.js";
import { floatText } from "./number-text.js";

const directive = /%(?:\(((?:[^()]|\([^()]*\))*)\))?([-+ #0]*)(\*|\d+)?(?:\.(\*|\d+)?)?[hlL]?([\s\S])?/gu;

interface Directive {
  readonly flags: string;
  readonly width: number | undefined;
  readonly precision: number | undefined;
  readonly conversion: string;
}

/** Python's `template % values`. Markup escapes what it is given. @throws JinjaError TypeError, ValueError */
export function percentFormat(template: string | Markup, values: Value): Value {
  const markup = template instanceof Markup;
  const source = new Arguments(values);
  const format = markup ? template.text : template;
  const out = format.replace(directive, (whole, key, flags, widthText, precisionText, conversion, at: number) => {
    if (conversion === undefined) throw valueError("incomplete format");
    if (whole === "%%") return "%";
    const mapped = key === undefined ? undefined : source.byName(key);
    const width = numberArgument(widthText, source);
    const hasPrecision = whole.includes(".");
    const precision = hasPrecision ? (numberArgument(precisionText, source) ?? 0) : undefined;
    const value = mapped === undefined ? source.next() : mapped;
    const left = width !== undefined && width < 0;
    const spec = {
      flags: left ? `${flags}-` : flags,
      width: width === undefined ? undefined : Math.abs(width),
      precision,
      conversion,
    };
    return convert(value, spec, markup, at + whole.length - 1);
  });
  source.finish();
  charge(out.length);
  return markup ? new Markup(out) : out;
}

function numberArgument(text: string | undefined, source: Arguments): number | undefined {
  if (text !== "*") return text === undefined ? undefined : Number(text);
  const value = numeric(source.next());
  if (value?.int === undefined) throw typeError("* wants int");
  return Number(value.int);
}

class Arguments {
  #next = 0;
  readonly #items: readonly Value[];
  constructor(readonly values: Value) {
    this.#items = values instanceof Tuple ? values.items : [values];
  }
  byName(name: string): Value {
    const { values } = this;
    if (!(values instanceof Dict)) throw typeError("format requires a mapping");
    const value = values.get(name);
    if (value === undefined) throw keyError(stringRepr(name));
    this.#next = 1;
    return value;
  }
  next(): Value {
    const value = this.#items[this.#next++];
    if (value === undefined) throw typeError("not enough arguments for format string");
    return value;
  }
  finish(): void {
    const { values } = this;
    const mapping =
      values instanceof Dict || Array.isArray(values) || values instanceof Range || values instanceof Undefined;
    if (!mapping && this.#next < this.#items.length) {
      throw typeError("not all arguments converted during string formatting");
    }
  }
}

function convert(value: Value, spec: Directive, markup: boolean, at: number): string {
  const { conversion } = spec;
  switch (conversion) {
    case "s":
    case "r":
    case "a": {
      const text = conversion === "s" ? textArgument(value, markup) : reprArgument(value, conversion === "a", markup);
      return pad(spec.precision === undefined ? text : sliceCodePoints(text, 0, spec.precision), "", spec, false);
    }
    case "c":
      return pad(character(value), "", spec, false);
    case "d":
    case "i":
    case "u":
      return integer(wholeNumber(value, conversion), 10, spec);
    case "x":
    case "X":
    case "o":
      return integer(wholeNumber(value, conversion), conversion === "o" ? 8 : 16, spec);
    case "e":
    case "E":
    case "f":
    case "F":
    case "g":
    case "G":
      return float(value, spec);
    default: {
      const code = conversion.codePointAt(0)?.toString(16);
      throw valueError(`unsupported format character '${conversion}' (0x${code}) at index ${at}`);
    }
  }
}

function textArgument(value: Value, markup: boolean): string {
  if (!markup) return str(value);
  return value instanceof Markup ? value.text : escapeText(str(value));
}

function reprArgument(value: Value, ascii: boolean, markup: boolean): string {
  const text = repr(value);
  const out = ascii ? text.replace(/[^\x00-\x7f]+/g, (part) => stringRepr(part, true).slice(1, -1)) : text;
  return markup ? escapeText(out) : out;
}

function character(value: Value): string {
  if (typeof value === "string" && codePointLength(value) === 1) return value;
  const number = numeric(value);
  if (number?.int === undefined) throw typeError("%c requires int or char");
  if (number.int < 0 || number.int > 0x10ffff) throw overflowError("%c arg not in range(0x110000)");
  return String.fromCodePoint(Number(number.int));
}

function wholeNumber(value: Value, conversion: string): bigint {
  const number = numeric(value);
  if (number?.int !== undefined) return BigInt(number.int);
  const decimal = conversion === "d" || conversion === "i" || conversion === "u";
  if (number?.float !== undefined && decimal) return BigInt(truncate(number.float));
  if (value instanceof Undefined && decimal) value.fail();
  const wanted = decimal ? "a real number" : "an integer";
  throw typeError(`%${conversion} format: ${wanted} is required, not ${typeName(value)}`);
}

function signOf(negative: boolean, flags: string): string {
  if (negative) return "-";
  return flags.includes("+") ? "+" : flags.includes(" ") ? " " : "";
}

function integer(value: bigint, base: 8 | 10 | 16, spec: Directive): string {
  const magnitude = value < 0n ? -value : value;
  charge(spec.precision ?? 0);
  let digits = (base === 10 ? bigintText(magnitude) : magnitude.toString(base)).padStart(spec.precision ?? 0, "0");
  let prefix = spec.flags.includes("#") && base !== 10 ? (base === 16 ? "0x" : "0o") : "";
  if (spec.conversion === "X") [digits, prefix] = [digits.toUpperCase(), prefix.toUpperCase()];
  return pad(digits, signOf(value < 0n, spec.flags) + prefix, spec, true);
}

function float(value: Value, spec: Directive): string {
  const number = numeric(value);
  if (!number) {
    if (value instanceof Undefined) value.fail();
    throw typeError(`must be real number, not ${typeName(value)}`);
  }
  const real = number.int === undefined ? number.float : intToFloat(number.int);
  const kind = spec.conversion.toLowerCase() as "e" | "f" | "g";
  const style = { alternate: spec.flags.includes("#"), upper: spec.conversion !== kind };
  const text = floatText(kind, real, spec.precision ?? 6, style);
  const negative = real < 0 || Object.is(real, -0);
  return pad(text, signOf(negative, spec.flags), spec, true);
}

function pad(body: string, prefix: string, spec: Directive, numericField: boolean): string {
  const { width = 0, flags } = spec;
  const missing = width - prefix.length - codePoints(body).length;
  if (missing <= 0) return prefix + body;
  charge(missing);
  if (flags.includes("-")) return prefix + body + " ".repeat(missing);
  if (numericField && flags.includes("0")) return prefix + "0".repeat(missing) + body;
  return " ".repeat(missing) + prefix + body;
}
