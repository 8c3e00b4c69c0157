// Records a command in a terminal as an SVG: node tools/record.mjs OUT.svg [--columns N] [--rows N] -- COMMAND ARGUMENT...
// docs/images/demo.svg: node tools/record.mjs docs/images/demo.svg --columns 112 --rows 36 -- node tools/demo.mjs
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import pty from "@lydell/node-pty";
import { makeScreen } from "./record/screen.mjs";
import { toSvg } from "./record/svg.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { columns: { type: "string", default: "112" }, rows: { type: "string", default: "38" } },
});
const [out, command, ...argv] = positionals;
if (!out || !command) {
  console.error("node tools/record.mjs OUT.svg [--columns N] [--rows N] -- COMMAND ARGUMENT...");
  process.exit(2);
}
const columns = Number(values.columns);
const rows = Number(values.rows);

/** A new frame at most so often: what a person can follow, and a file that a page can carry. */
const frameMs = 400;

const screen = makeScreen(columns, rows);
const frames = [];
const startedAt = performance.now();

function takeFrame() {
  const lines = screen.lines();
  const last = frames.at(-1);
  if (last && JSON.stringify(last.lines) === JSON.stringify(lines)) return;
  frames.push({ atMs: Math.round(performance.now() - startedAt), lines });
}

const terminal = pty.spawn(command, argv, { cols: columns, rows, name: "xterm-256color", cwd: process.cwd() });
let written = Promise.resolve();
terminal.onData((data) => {
  written = written.then(() => screen.write(data));
});
const timer = setInterval(takeFrame, frameMs);
const { exitCode } = await new Promise((done) => terminal.onExit(done));
clearInterval(timer);
await written;
takeFrame();
const first = frames[0]?.atMs ?? 0;
const shifted = frames.map((frame) => ({ ...frame, atMs: frame.atMs - first }));
const title = [command, ...argv].join(" ");
writeFileSync(out, toSvg(shifted, { columns, rows, title, holdMs: 6000 }));
console.log(`${out}: ${frames.length} frames, exit status ${exitCode}`);
process.exit(0);
