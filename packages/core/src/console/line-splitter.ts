/** LAVA replaces lines of this many characters and more. */
const longestLine = 100_000;
const tooLong = "<line way too long ...>";
const escapes = /\x1b/g;

/**
 * Cuts console text into the lines of LAVA's log: at `\r\r\n`, `\r\n` or `\n` wherever the pieces end, without ESC
 * bytes, lines of 100,000 characters and more replaced by a remark (spec 3.9). Memory is bounded by that length.
 */
export class LineSplitter {
  readonly #onLine: (line: string) => void;
  #partial = "";
  #overflowed = false;

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(text: string): void {
    const clean = text.includes("\x1b") ? text.replace(escapes, "") : text;
    let from = 0;
    for (let end = clean.indexOf("\n"); end >= 0; end = clean.indexOf("\n", from)) {
      this.#emit(this.#partial === "" ? clean.slice(from, end) : this.#partial + clean.slice(from, end));
      from = end + 1;
    }
    if (from >= clean.length) return;
    this.#partial += from === 0 ? clean : clean.slice(from);
    // two more may be carriage returns
    if (this.#partial.length < longestLine + 2) return;
    this.#overflowed = true;
    this.#partial = this.#partial.slice(-2);
  }

  /** The end of the text: what stands there without newline is a line too. */
  flush(): void {
    if (this.#partial !== "" || this.#overflowed) this.#emit(this.#partial);
  }

  #emit(line: string): void {
    const { length } = line;
    const returns = line.charCodeAt(length - 1) !== 13 ? 0 : line.charCodeAt(length - 2) === 13 ? 2 : 1;
    const isTooLong = this.#overflowed || length - returns >= longestLine;
    this.#partial = "";
    this.#overflowed = false;
    this.#onLine(isTooLong ? tooLong : returns === 0 ? line : line.slice(0, length - returns));
  }
}
