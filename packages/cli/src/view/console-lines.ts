import { stripVTControlCharacters } from "node:util";

/** Cuts a console's text into lines for people: no escape sequences, no other control characters; a line without its end is shown, too. */
export class ConsoleLines {
  #open = "";

  /** Takes text as it came; gives the lines that are complete now. */
  push(text: string): readonly string[] {
    const pieces = (this.#open + text).split(/\r*\n/);
    this.#open = pieces.pop() ?? "";
    // a program that prints dots for an hour must not fill the memory
    if (this.#open.length > longestLine) {
      pieces.push(this.#open);
      this.#open = "";
    }
    return pieces.map(readable);
  }

  /** The line that has no end yet. */
  get open(): string {
    return readable(this.#open);
  }

  /** Ends the open line; gives it if there was one. */
  flush(): readonly string[] {
    const rest = this.open;
    this.#open = "";
    return rest === "" ? [] : [rest];
  }
}

const longestLine = 10_000;

/** One line of device output, safe to print. */
export function readable(line: string): string {
  const bare = stripVTControlCharacters(line);
  // what stands before a carriage return was overwritten
  const shown = bare.slice(bare.replace(/\r+$/, "").lastIndexOf("\r") + 1);
  return shown
    .replaceAll("\t", "    ")
    .replace(/[\u0000-\u001f\u007f-\u009f]/g, "")
    .trimEnd();
}
