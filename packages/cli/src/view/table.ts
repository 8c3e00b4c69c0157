import type { Paint } from "./paint.js";
import { textWidth } from "./text-width.js";

/** A cell: its text, and how it is painted. */
export type Cell = string | { readonly text: string; readonly paint: (text: string) => string };

const textOf = (cell: Cell): string => (typeof cell === "string" ? cell : cell.text);

/** Rows in columns of equal width, two spaces between them, the head dim. */
export async function formatTable(
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
  paint: Paint,
): Promise<readonly string[]> {
  const widthOf = await textWidth(rows.flat().map(textOf));
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => widthOf(textOf(row[i] ?? "")))));
  const line = (cells: readonly Cell[]): string =>
    cells
      .map((cell, i) => {
        const text = textOf(cell);
        const pad = i === cells.length - 1 ? "" : " ".repeat(Math.max(0, (widths[i] ?? 0) - widthOf(text)));
        return (typeof cell === "string" ? text : cell.paint(text)) + pad;
      })
      .join("  ")
      .trimEnd();
  return [paint.dim(line(head)), ...rows.map(line)];
}
