import { overflowError, typeError, valueError } from "../errors.js";
import { charge } from "../limits.js";
import { Markup } from "../runtime/markup.js";
import { intToFloat, numeric } from "../runtime/numbers.js";
import { bigintText, str } from "../runtime/printing.js";
import { stringRepr } from "../runtime/string-repr.js";
import { codePointLength, sliceCodePoints } from "../runtime/text.js";
import { floatRepr, typeName, type Value } from "../runtime/values.js";
import { floatText, groupDigits } from "./number-text.js";

interface Spec {
  readonly fill: string;
  readonly align: string;
  readonly sign: string;
  readonly zeroNegative: boolean;
  readonly alternate: boolean;
  readonly width: number;
  readonly grouping: string;
  readonly precision: number | undefined;
  readonly type: string;
}

const pattern = /^(?:([\s\S])?([<>=^]))?([-+ ])?(z)?(#)?(0)?(\d+)?([,_])?(?:\.(\d+))?([\s\S])?$/u;

function parseSpec(text: string, value: Value): Spec {
  const match = pattern.exec(text);
  if (!match) {
    if (/\.(?!\d)/.test(text)) throw valueError("Format specifier missing precision");
    throw valueError(`Invalid format specifier '${text}' for object of type '${typeName(value)}'`);
  }
  const [, fill, align, sign = "", z, alternate, zero, width, grouping = "", precision, type = ""] = match;
  if (Number(width ?? 0) > 2 ** 31 || Number(precision ?? 0) > 2 ** 31) {
    throw valueError("Too many decimal digits in format string");
  }
  const zeroFill = zero !== undefined;
  return {
    fill: fill ?? (zeroFill ? "0" : " "),
    align: align ?? (zeroFill && numeric(value) ? "=" : ""),
    sign,
    zeroNegative: z !== undefined,
    alternate: alternate !== undefined,
    width: Number(width ?? 0),
    grouping,
    precision: precision === undefined ? undefined : Number(precision),
    type,
  };
}

/** Python's `format(value, spec)`. @throws JinjaError ValueError, TypeError */
export function formatValue(value: Value, specText: string): string {
  if (specText === "") return str(value);
  if (typeof value === "string" || value instanceof Markup) return formatText(str(value), parseSpec(specText, value));
  const number = numeric(value);
  if (!number) throw typeError(`unsupported format string passed to ${typeName(value)}.__format__`);
  const spec = parseSpec(specText, value);
  charge(spec.precision ?? 0);
  if (number.int !== undefined) {
    if (spec.type === "" && typeof value === "boolean" && spec.width === 0 && spec.precision === undefined) {
      return formatInteger(BigInt(number.int), spec);
    }
    if ("eEfFgG%".includes(spec.type) && spec.type !== "") return formatFloat(intToFloat(number.int), spec);
    return formatInteger(BigInt(number.int), spec);
  }
  return formatFloat(number.float, spec);
}

function unknownCode(type: string, of: string): never {
  throw valueError(`Unknown format code ${stringRepr(type)} for object of type '${of}'`);
}

function formatText(text: string, spec: Spec): string {
  if (spec.type !== "" && spec.type !== "s") unknownCode(spec.type, "str");
  if (spec.sign) throw valueError("Sign not allowed in string format specifier");
  if (spec.alternate) throw valueError("Alternate form (#) not allowed in string format specifier");
  if (spec.align === "=") throw valueError("'=' alignment not allowed in string format specifier");
  if (spec.grouping) throw valueError(`Cannot specify '${spec.grouping}' with 's'.`);
  const cut = spec.precision === undefined ? text : sliceCodePoints(text, 0, spec.precision);
  return align("", cut, spec, "<");
}

const bases: ReadonlyMap<string, readonly [number, string]> = new Map([
  ["", [10, ""]],
  ["d", [10, ""]],
  ["n", [10, ""]],
  ["b", [2, "0b"]],
  ["o", [8, "0o"]],
  ["x", [16, "0x"]],
  ["X", [16, "0X"]],
]);

const signOf = (negative: boolean, sign: string): string => (negative ? "-" : sign === "-" ? "" : sign);

function formatInteger(value: bigint, spec: Spec): string {
  if (spec.precision !== undefined) throw valueError("Precision not allowed in integer format specifier");
  if (spec.zeroNegative)
    throw valueError("Negative zero coercion (z) not allowed in format specifier with integer format code");
  if (spec.type === "c") return formatCharacter(value, spec);
  const [base, prefix] = bases.get(spec.type) ?? unknownCode(spec.type, "int");
  if (spec.grouping === "," && base !== 10) throw valueError(`Cannot specify ',' with '${spec.type}'.`);
  const magnitude = value < 0n ? -value : value;
  const digits = base === 10 ? bigintText(magnitude) : magnitude.toString(base);
  const text = spec.type === "X" ? digits.toUpperCase() : digits;
  const lead = signOf(value < 0n, spec.sign) + (spec.alternate ? prefix : "");
  return alignNumber(lead, text, "", { spec, group: base === 10 ? 3 : 4 });
}

function formatCharacter(value: bigint, spec: Spec): string {
  if (spec.sign) throw valueError("Sign not allowed with integer format specifier 'c'");
  if (value < 0n || value > 0x10ffffn) throw overflowError("%c arg not in range(0x110000)");
  return align("", String.fromCodePoint(Number(value)), spec, ">");
}

function formatFloat(value: number, spec: Spec): string {
  const { type, precision } = spec;
  const style = { alternate: spec.alternate, upper: "EFG".includes(type) && type !== "" };
  let text: string;
  if (type === "") text = defaultFloat(value, precision);
  else if (type === "n") text = floatText("g", value, precision ?? 6, style);
  else if (type === "%") text = `${floatText("f", value * 100, precision ?? 6, style)}%`;
  else if ("eEfFgG".includes(type))
    text = floatText(type.toLowerCase() as "e" | "f" | "g", value, precision ?? 6, style);
  else unknownCode(type, "float");
  const negative = (value < 0 || Object.is(value, -0)) && !(spec.zeroNegative && !/[1-9]/.test(text));
  const [, whole = "", rest = ""] = /^(\d*)([\s\S]*)$/.exec(text) ?? [];
  const lead = signOf(negative, spec.sign);
  return whole === "" ? align(lead, text, spec, ">") : alignNumber(lead, whole, rest, { spec, group: 3 });
}

function defaultFloat(value: number, precision: number | undefined): string {
  if (precision === undefined) return floatRepr(Math.abs(value));
  const text = floatText("g", value, precision);
  // Unlike %g, there is always a decimal, and the exponent comes one digit earlier.
  if (!Number.isFinite(value) || text.includes("e")) return text;
  const whole = text.split(".")[0]?.length ?? 0;
  if (!text.includes(".") && whole >= precision && precision > 0 && value !== 0) {
    return floatText("e", value, Math.max(precision - 1, 0)).replace(/\.?0*e/, "e");
  }
  return text.includes(".") ? text : `${text}.0`;
}

interface NumberLayout {
  readonly spec: Spec;
  readonly group: number;
}

function alignNumber(lead: string, whole: string, rest: string, { spec, group }: NumberLayout): string {
  charge(spec.width);
  let digits = groupDigits(whole, spec.grouping, group);
  if (spec.grouping && spec.align === "=" && spec.fill === "0") {
    // Zeros that fill up are grouped too.
    let padded = whole;
    const room = spec.width - lead.length - rest.length;
    while (groupDigits(padded, spec.grouping, group).length < room) padded = `0${padded}`;
    digits = groupDigits(padded, spec.grouping, group);
  }
  return align(lead, digits + rest, spec, ">");
}

function align(lead: string, body: string, spec: Spec, natural: "<" | ">"): string {
  const missing = spec.width - lead.length - codePointLength(body);
  if (missing <= 0) return lead + body;
  charge(missing);
  const where = spec.align || natural;
  if (where === "=") return lead + spec.fill.repeat(missing) + body;
  if (where === "<") return lead + body + spec.fill.repeat(missing);
  if (where === ">") return spec.fill.repeat(missing) + lead + body;
  const before = missing >> 1;
  return spec.fill.repeat(before) + lead + body + spec.fill.repeat(missing - before);
}
