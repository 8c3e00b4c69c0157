import { charge } from "../limits.js";
import { exponentDigits, fixedText } from "./decimal.js";

interface FloatStyle {
  /** Keeps trailing zeros and the point (`#`). */
  readonly alternate?: boolean;
  /** Capital letters (`E`, `INF`). */
  readonly upper?: boolean;
}

/** `|value|` as printf's `%f`, `%e` or `%g` write it. */
export function floatText(kind: "f" | "e" | "g", value: number, precision: number, style: FloatStyle = {}): string {
  charge(precision);
  const text = Number.isFinite(value) ? finiteText(kind, value, precision, style) : Number.isNaN(value) ? "nan" : "inf";
  return style.upper ? text.toUpperCase() : text;
}

function finiteText(kind: "f" | "e" | "g", value: number, precision: number, style: FloatStyle): string {
  if (kind === "f") return withPoint(fixedText(value, precision), style);
  if (kind === "e") return exponentText(value, precision, style, false);
  const significant = Math.max(precision, 1);
  const { exponent } = exponentDigits(value, significant - 1);
  if (exponent < -4 || exponent >= significant) return exponentText(value, significant - 1, style, !style.alternate);
  const text = fixedText(value, significant - 1 - exponent);
  return style.alternate ? withPoint(text, style) : stripZeros(text);
}

const withPoint = (text: string, style: FloatStyle): string =>
  style.alternate && !text.includes(".") ? `${text}.` : text;

const stripZeros = (text: string): string => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);

function exponentText(value: number, precision: number, style: FloatStyle, strip: boolean): string {
  const { digits, exponent } = exponentDigits(value, precision);
  const mantissa = precision > 0 ? `${digits[0]}.${digits.slice(1)}` : withPoint(digits, style);
  const sign = exponent < 0 ? "-" : "+";
  return `${strip ? stripZeros(mantissa) : mantissa}e${sign}${String(Math.abs(exponent)).padStart(2, "0")}`;
}

/** Groups the digits of an integer part, by `size` from the right. */
export function groupDigits(digits: string, separator: string, size: number): string {
  if (separator === "" || digits.length <= size) return digits;
  const groups: string[] = [];
  for (let end = digits.length; end > 0; end -= size) groups.unshift(digits.slice(Math.max(0, end - size), end));
  return groups.join(separator);
}
