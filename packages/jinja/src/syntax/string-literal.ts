const simple: ReadonlyMap<string, string> = new Map([
  ["\n", ""],
  ["\\", "\\"],
  ["'", "'"],
  ['"', '"'],
  ["a", "\x07"],
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
  ["v", "\v"],
]);

const hexLengths: ReadonlyMap<string, number> = new Map([
  ["x", 2],
  ["u", 4],
  ["U", 8],
]);

/**
 * Decodes the inside of a string literal with Python's escapes.
 * @throws Error with Python's words when an escape is cut short, or names a character (`\N{...}`), which we do not know.
 */
export function decodeStringLiteral(body: string): string {
  if (!body.includes("\\")) return body;
  return body.replace(/\\(?:([0-7]{1,3})|([xuU])([0-9a-fA-F]*)|([\s\S]))/gu, (whole, octal, kind, digits, other) => {
    if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8));
    if (kind !== undefined) return decodeHex(kind, digits);
    if (other === "N") throw new Error("unknown Unicode character name");
    return simple.get(other) ?? whole;
  });
}

function decodeHex(kind: string, digits: string): string {
  const length = hexLengths.get(kind) ?? 0;
  if (digits.length < length) throw new Error(`truncated \\${kind}${"X".repeat(length)} escape`);
  const code = Number.parseInt(digits.slice(0, length), 16);
  if (code > 0x10ffff) throw new Error("illegal Unicode character");
  return String.fromCodePoint(code) + digits.slice(length);
}
