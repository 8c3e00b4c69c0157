/** The characters Python's `str.isspace` accepts, for use inside a character class. */
export const pythonSpace = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";

const surrogate = /[\ud800-\udfff]/;

/** Whether code points and UTF-16 units differ in `text`. */
export const hasAstral = (text: string): boolean => surrogate.test(text);

/** Length in code points, as Python counts. */
export function codePointLength(text: string): number {
  if (!hasAstral(text)) return text.length;
  let length = text.length;
  for (let i = 0; i < text.length - 1; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0xd800 && code < 0xdc00) {
      const low = text.charCodeAt(i + 1);
      if (low >= 0xdc00 && low < 0xe000) {
        length--;
        i++;
      }
    }
  }
  return length;
}

/** The characters of a string, as Python iterates it. */
export const codePoints = (text: string): string[] => (hasAstral(text) ? Array.from(text) : text.split(""));

/** `text[start:end]` counted in code points; bounds are already within the string. */
export function sliceCodePoints(text: string, start: number, end: number): string {
  return hasAstral(text) ? Array.from(text).slice(start, end).join("") : text.slice(start, end);
}

const lineEnd = /\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/g;

/** Python's `str.splitlines`. */
export function splitLines(text: string, keepEnds = false): string[] {
  const lines: string[] = [];
  let start = 0;
  for (const match of text.matchAll(lineEnd)) {
    const end = match.index + match[0].length;
    lines.push(text.slice(start, keepEnds ? end : match.index));
    start = end;
  }
  if (start < text.length) lines.push(text.slice(start));
  return lines;
}

const leading = new RegExp(`^[${pythonSpace}]+`);
const spaceOnly = new RegExp(`^[${pythonSpace}]$`);

/** Whether one character is white space to Python. */
export const isSpace = (char: string): boolean => spaceOnly.test(char);

export const trimStart = (text: string): string => text.replace(leading, "");

export function trimEnd(text: string): string {
  // Backwards by hand: an unanchored pattern would be quadratic on long runs of blanks.
  let end = text.length;
  while (end > 0 && isSpace(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}

export const trim = (text: string): string => trimEnd(trimStart(text));
