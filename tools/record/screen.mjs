import xterm from "@xterm/headless";

/** The 16 colours of the picture's terminal, on its background. */
const palette = [
  "#3b4252", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#c8ccd4",
  "#5c6370", "#ef8b93", "#b5dc9a", "#f0d399", "#8cc7f5", "#d99ae8", "#7fd1dc", "#ffffff",
]; // biome-ignore format: two rows of eight

/** Steps of a colour cube's axis, as terminals have them. */
const cube = [0, 95, 135, 175, 215, 255];
const hex = (...parts) => `#${parts.map((part) => part.toString(16).padStart(2, "0")).join("")}`;

function colourOf(cell) {
  if (cell.isFgDefault()) return undefined;
  const value = cell.getFgColor();
  if (cell.isFgRGB()) return `#${value.toString(16).padStart(6, "0")}`;
  if (value < 16) return palette[value];
  if (value >= 232) return hex(...Array(3).fill(8 + 10 * (value - 232)));
  const index = value - 16;
  return hex(cube[Math.floor(index / 36)], cube[Math.floor(index / 6) % 6], cube[index % 6]);
}

const styleOf = (cell) => ({
  fill: colourOf(cell),
  bold: cell.isBold() !== 0,
  dim: cell.isDim() !== 0,
});

/** A line of the screen as runs of one style: `{ x, text, fill, bold, dim }`; blanks at its end left out. */
function runsOf(line, columns) {
  const runs = [];
  let key;
  for (let x = 0; x < columns; x++) {
    const cell = line.getCell(x);
    if (!cell || cell.getWidth() === 0) continue;
    const style = styleOf(cell);
    const text = cell.getChars() || " ";
    const same = JSON.stringify(style);
    if (same === key) runs.at(-1).text += text;
    else runs.push({ x, text, ...style });
    key = same;
  }
  return runs.filter(({ text }) => text.trim() !== "").map((run) => ({ ...run, text: run.text.trimEnd() }));
}

/** A terminal that nobody looks at: takes what a program prints and tells what would be on its screen. */
export function makeScreen(columns, rows) {
  const terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 0 });
  return {
    write: (data) => new Promise((done) => terminal.write(data, done)),
    /** The screen's lines, as runs. */
    lines() {
      const { active } = terminal.buffer;
      return Array.from({ length: rows }, (_, y) => {
        const line = active.getLine(active.viewportY + y);
        return line ? runsOf(line, columns) : [];
      });
    },
  };
}
