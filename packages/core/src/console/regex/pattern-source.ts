import { syntaxError } from "./pattern-error.js";

/** A cursor over a pattern's code points. */
export class PatternSource {
  readonly text: string;
  readonly #chars: readonly string[];
  position = 0;

  constructor(text: string) {
    this.text = text;
    this.#chars = Array.from(text);
  }

  /** The character under the cursor; undefined at the end. */
  peek(ahead = 0): string | undefined {
    return this.#chars[this.position + ahead];
  }

  next(): string | undefined {
    const char = this.#chars[this.position];
    if (char !== undefined) this.position++;
    return char;
  }

  /** Steps over `char` when it is next. */
  take(char: string): boolean {
    if (this.peek() !== char) return false;
    this.position++;
    return true;
  }

  /** As many characters (at most `limit`) as the test takes. */
  takeWhile(test: RegExp, limit = Number.POSITIVE_INFINITY): string {
    let out = "";
    for (let char = this.peek(); char !== undefined && out.length < limit && test.test(char); char = this.peek()) {
      out += char;
      this.position++;
    }
    return out;
  }

  /** The text up to `end`, which is stepped over; it may not be empty. */
  until(end: string, what: string): string {
    const from = this.position;
    let out = "";
    for (;;) {
      const char = this.next();
      if (char === undefined) this.fail(out === "" ? `missing ${what}` : `missing ${end}, unterminated name`, from);
      if (char === end) break;
      out += char;
    }
    if (out === "") this.fail(`missing ${what}`, from);
    return out;
  }

  fail(problem: string, position = this.position): never {
    throw syntaxError(this.text, position, problem);
  }
}
