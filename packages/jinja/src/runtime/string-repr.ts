const needsEscape = /[\\'\x00-\x1f\x7f-\uffff]/;
const unprintable = /[\p{C}\p{Z}]/u;
const named: ReadonlyMap<string, string> = new Map([
  ["\\", "\\\\"],
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
]);

function escapeCode(code: number): string {
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, "0")}`;
  if (code < 0x10000) return `\\u${code.toString(16).padStart(4, "0")}`;
  return `\\U${code.toString(16).padStart(8, "0")}`;
}

/** Python's `repr` of a str; `ascii` escapes everything outside ASCII as `ascii()` does. */
export function stringRepr(text: string, ascii = false): string {
  if (!needsEscape.test(text)) return `'${text}'`;
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  let out = quote;
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    const name = named.get(char);
    if (name) out += name;
    else if (char === quote) out += `\\${char}`;
    else if (code >= 0x20 && code < 0x7f) out += char;
    else if (code < 0x80 || ascii || unprintable.test(char)) out += escapeCode(code);
    else out += char;
  }
  return out + quote;
}
