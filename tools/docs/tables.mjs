const isRow = (line) => /^\s*\|/.test(line);
const cells = (line) =>
  line
    .trim()
    .replace(/^\||\|$/g, "")
    .split("|")
    .map((cell) => cell.trim());

/** The tables of a Markdown text: rows of cells, the head first, without the line of dashes. */
export function tablesOf(text) {
  const tables = [];
  let rows;
  for (const line of text.split("\n")) {
    if (!isRow(line)) {
      rows = undefined;
      continue;
    }
    if (!rows) {
      rows = [];
      tables.push(rows);
    }
    rows.push(cells(line));
  }
  return tables.map(([head, , ...rest]) => [head, ...rest]);
}

/** The table below the comment `<!-- mark -->`. */
export function tableAfter(text, mark) {
  const at = text.indexOf(`<!-- ${mark} -->`);
  if (at < 0) throw new Error(`there is no <!-- ${mark} --> on the page`);
  const [table] = tablesOf(text.slice(at));
  if (!table) throw new Error(`there is no table below <!-- ${mark} -->`);
  return table;
}
