/** A place in a text. Line and column count from 1, in UTF-16 units; the offset counts from 0. */
export interface Position {
  readonly line: number;
  readonly column: number;
  readonly offset: number;
}

/** The place of an offset. */
export function positionAt(text: string, offset: number): Position {
  const at = Math.max(0, Math.min(offset, text.length));
  let line = 1;
  let start = 0;
  for (let next = text.indexOf("\n"); next !== -1 && next < at; next = text.indexOf("\n", start)) {
    line += 1;
    start = next + 1;
  }
  return { line, column: at - start + 1, offset: at };
}

const shown = 100;

/** The line of a place with a caret under its column; long lines are cut around it. */
export function excerpt(text: string, position: Position): string {
  const start = position.offset - (position.column - 1);
  const end = text.indexOf("\n", position.offset);
  const line = text.slice(start, end === -1 ? undefined : end).replace(/\r$/, "");
  const from = Math.max(0, Math.min(position.column - 1 - shown / 2, line.length - shown));
  const cut = line.slice(from, from + shown).replaceAll("\t", " ");
  const gutter = `  ${position.line} | `;
  return `${gutter}${cut}\n${" ".repeat(gutter.length - 2)}| ${" ".repeat(Math.max(0, position.column - 1 - from))}^`;
}
