import { jobError } from "@basalt/core";

/** One piece of a recorded session. */
export interface TranscriptRecord {
  /** Milliseconds since the recording began. */
  readonly atMs: number;
  /** `<` from the device, `>` to it. */
  readonly direction: "<" | ">";
  readonly bytes: Uint8Array;
}

/** A recorded session, both directions. */
export interface Transcript {
  readonly records: readonly TranscriptRecord[];
}

const title = "# basalt transcript 1";
const named: Readonly<Record<string, string>> = { "\r": "\\r", "\n": "\\n", "\t": "\\t", "\x1b": "\\e", "\\": "\\\\" };
const values: Readonly<Record<string, string>> = { r: "\r", n: "\n", t: "\t", e: "\x1b", "\\": "\\" };
const encoder = new TextEncoder();

function utf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

const hexByte = (byte: number): string => `\\x${byte.toString(16).padStart(2, "0")}`;

/**
 * Bytes as text of one line: UTF-8 as it is, `\xNN` for what is no text. Controls, every white space but the plain blank, and a blank at the
 * end are escaped: an editor that trims lines or tidies blanks does not change what the file means.
 */
function escapeBytes(bytes: Uint8Array): string {
  const text = utf8(bytes);
  if (text === undefined)
    return [...bytes].map((byte) => (byte < 0x80 ? escapeBytes(Uint8Array.of(byte)) : hexByte(byte))).join("");
  return text
    .replace(
      /(?! )[\p{Cc}\p{Cf}\p{Z}\p{Co}\p{Cn}\\]/gu,
      (char) => named[char] ?? [...encoder.encode(char)].map(hexByte).join(""),
    )
    .replace(/ $/, "\\x20");
}

function unescapeBytes(text: string, line: number): Uint8Array {
  const bytes: number[] = [];
  for (const [all, escaped, plain] of text.matchAll(/\\(x[0-9a-f]{2}|.?)|([^\\]+)/gsu)) {
    if (plain !== undefined) bytes.push(...encoder.encode(plain));
    else if (escaped?.startsWith("x")) bytes.push(Number.parseInt(escaped.slice(1), 16));
    else if (escaped !== undefined && values[escaped] !== undefined) bytes.push(...encoder.encode(values[escaped]));
    else throw jobError("ERR_TRANSCRIPT_INVALID", `transcript line ${line}: unknown escape '${all}'`);
  }
  return Uint8Array.from(bytes);
}

/** What a record is cut into, so that each printed line of the device is a line of the file. */
function linesOf(bytes: Uint8Array): readonly Uint8Array[] {
  const lines: Uint8Array[] = [];
  let from = 0;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, from)) {
    lines.push(bytes.subarray(from, at + 1));
    from = at + 1;
  }
  if (from < bytes.length) lines.push(bytes.subarray(from));
  return lines;
}

/** A transcript as text: seconds, direction, what was said, one line each. Lines that begin with `#` are comments. */
export function formatTranscript({ records }: Transcript): string {
  const lines = records.flatMap(({ atMs, direction, bytes }) =>
    linesOf(bytes).map((line) => `${(atMs / 1000).toFixed(3)} ${direction} ${escapeBytes(line)}`),
  );
  return `${[title, ...lines].join("\n")}\n`;
}

/** Reads what {@link formatTranscript} wrote. @throws ERR_TRANSCRIPT_INVALID naming the line */
export function parseTranscript(text: string): Transcript {
  const lines = text.split("\n");
  if (lines[0]?.trim() !== title)
    throw jobError("ERR_TRANSCRIPT_INVALID", `not a transcript: its first line must be '${title}'`);
  const records = lines.flatMap((line, i): readonly TranscriptRecord[] => {
    if (line.trim() === "" || line.startsWith("#")) return [];
    const [, seconds, direction, rest] = /^(\d+(?:\.\d+)?) ([<>]) ?(.*?)\r?$/su.exec(line) ?? [];
    if (seconds === undefined || rest === undefined)
      throw jobError(
        "ERR_TRANSCRIPT_INVALID",
        `transcript line ${i + 1}: expected 'SECONDS < TEXT' or 'SECONDS > TEXT', got '${line}'`,
      );
    return [
      {
        atMs: Math.round(Number(seconds) * 1000),
        direction: direction as "<" | ">",
        bytes: unescapeBytes(rest, i + 1),
      },
    ];
  });
  return { records };
}
