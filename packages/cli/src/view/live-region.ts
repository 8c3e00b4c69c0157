import sliceAnsi from "slice-ansi";
import stringWidth from "string-width";
import type { OutputStream } from "../io.js";

const esc = "\u001b[";
const hideCursor = `${esc}?25l`;
const showCursor = `${esc}?25h`;
// terminals that know "synchronized output" show a frame at once, others ignore it
const beginFrame = `${esc}?2026h`;
const endFrame = `${esc}?2026l`;
const clearToEndOfLine = `${esc}K`;
const clearBelow = `${esc}J`;

/**
 * The lines at the bottom of a terminal that are drawn again and again, and text that scrolls away above them. Every frame is one write
 * that overwrites the last one line by line, so that nothing flickers; lines are cut to the terminal's width, read anew for each frame.
 */
export class LiveRegion {
  /** Columns that each line of the frame on the screen has. */
  #drawn: readonly number[] = [];
  #cursorHidden = false;

  constructor(private readonly stream: OutputStream) {}

  get columns(): number {
    return Math.max(10, this.stream.columns ?? 80);
  }
  get rows(): number {
    return Math.max(1, this.stream.rows ?? 24);
  }

  /** Prints `above` for good and the region's `lines` below it. */
  draw(above: readonly string[], lines: readonly string[]): void {
    // the last column stays free: a full line makes some terminals wrap
    const width = this.columns - 1;
    const cut = lines.slice(0, this.rows).map((line) => (stringWidth(line) > width ? sliceAnsi(line, 0, width) : line));
    const text = [...above, ...cut].map((line) => line + clearToEndOfLine).join("\n");
    const hide = this.#cursorHidden ? "" : hideCursor;
    this.#cursorHidden = true;
    this.stream.write(`${beginFrame}${hide}${this.#home()}${text}${clearBelow}\r${endFrame}`);
    this.#drawn = cut.map((line) => stringWidth(line));
  }

  /** Leaves the region: its place is taken by `lines`, the cursor is shown again. */
  close(lines: readonly string[]): void {
    const text = lines.map((line) => `${line}${clearToEndOfLine}\n`).join("");
    this.stream.write(`${this.#home()}${text}${clearBelow}${this.#cursorHidden ? showCursor : ""}`);
    this.#drawn = [];
    this.#cursorHidden = false;
  }

  /** Moves to the first line of the frame on the screen. A terminal that was made narrower has wrapped its lines. */
  #home(): string {
    const rows = this.#drawn.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / this.columns)), 0);
    return rows > 1 ? `\r${esc}${Math.min(rows, this.rows) - 1}A` : "\r";
  }
}
