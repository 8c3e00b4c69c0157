const view = new DataView(new ArrayBuffer(8));

/** A finite float as `mantissa * 2 ** exponent`, both exact; the sign is dropped. */
function decompose(value: number): { readonly mantissa: bigint; readonly exponent: number } {
  view.setFloat64(0, Math.abs(value));
  const bits = view.getBigUint64(0);
  const biased = Number(bits >> 52n);
  const fraction = bits & 0xfffffffffffffn;
  return biased === 0
    ? { mantissa: fraction, exponent: -1074 }
    : { mantissa: fraction | 0x10000000000000n, exponent: biased - 1075 };
}

/** `|value| * 10 ** places`, rounded half to even on the exact value, as C's printf and Python's round do. */
export function scaledDecimal(value: number, places: number): bigint {
  const { mantissa, exponent } = decompose(value);
  const numerator = (mantissa * 10n ** BigInt(Math.max(places, 0))) << BigInt(Math.max(exponent, 0));
  const denominator = (10n ** BigInt(Math.max(-places, 0))) << BigInt(Math.max(-exponent, 0));
  const quotient = numerator / denominator;
  const twice = (numerator % denominator) * 2n;
  const up = twice > denominator || (twice === denominator && (quotient & 1n) === 1n);
  return up ? quotient + 1n : quotient;
}

/** `|value|` with `places` decimals. */
export function fixedText(value: number, places: number): string {
  const digits = scaledDecimal(value, places)
    .toString()
    .padStart(places + 1, "0");
  return places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`;
}

/** `|value|` as `precision + 1` digits and the power of ten of the first one. */
export function exponentDigits(
  value: number,
  precision: number,
): { readonly digits: string; readonly exponent: number } {
  if (value === 0) return { digits: "0".repeat(precision + 1), exponent: 0 };
  let exponent = Number(Math.abs(value).toExponential().split("e")[1]);
  let digits = scaledDecimal(value, precision - exponent).toString();
  if (digits.length > precision + 1) {
    exponent++;
    digits = scaledDecimal(value, precision - exponent).toString();
  }
  return { digits, exponent };
}
