/** A part of a log, by lines and by bytes. */
export interface PageQuery {
  /** Lines [start, end). */
  readonly start: number;
  readonly end: number;
  /** No more than these, but one line at least, however long it is. */
  readonly bytes: number;
  /** Where it is too much: the last lines instead of the first. */
  readonly last?: boolean;
}

/** Whole lines [start, next). */
export interface LogPage {
  readonly start: number;
  readonly next: number;
  readonly text: Buffer;
}

const lineFeed = 0x0a;

/** What fits of a text of whole lines: as many whole lines as there is room for, one where `atLeastOne` says so. */
export function fittingLines(
  text: Buffer,
  { bytes, last = false, atLeastOne }: Pick<PageQuery, "bytes" | "last"> & { readonly atLeastOne: boolean },
): Buffer {
  if (text.length <= bytes) return text;
  if (last) {
    // lines begin behind a line feed; the one at the very end ends the last line
    const before = text.indexOf(lineFeed, Math.max(0, text.length - bytes - 1));
    if (before < text.length - 1) return text.subarray(before + 1);
    return text.subarray(atLeastOne ? text.lastIndexOf(lineFeed, text.length - 2) + 1 : text.length);
  }
  const end = bytes > 0 ? text.lastIndexOf(lineFeed, bytes - 1) : -1;
  return text.subarray(0, end >= 0 || !atLeastOne ? end + 1 : text.indexOf(lineFeed) + 1);
}
