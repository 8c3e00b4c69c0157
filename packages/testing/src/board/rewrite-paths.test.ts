import { expect, test } from "vitest";
import { rewritePaths } from "./rewrite-paths.js";

const root = "/tmp/basalt-board-x1";
const through = (change: (bytes: Uint8Array) => Uint8Array, pieces: readonly string[]): string =>
  pieces.map((piece) => Buffer.from(change(Buffer.from(piece, "latin1"))).toString("latin1")).join("");

const typed = `/lava-1/run '/lava-1/a' x/lava-1 "\${0%/*}/lava-common" PATH=/lava-1:/lava-1/b ls / /la /lava\n`;
const told = typed.replaceAll(/(?<=^|[ '=:])\/lava-/g, `${root}/lava-`);
const shown = `${root}/lava-1/run: not found, ${root}/x /tmp/basalt, ${root}${root}/lava-2 caf\xe9\r\nsh:/ `;

test.each([
  ["whole", (text: string) => [text]],
  ["one byte at a time", (text: string) => [...text]],
])("paths are rewritten both ways, %s", (_how, cut) => {
  expect(told.split(root)).toHaveLength(5);
  expect(through(rewritePaths(root).in, cut(typed))).toBe(told);
  expect(through(rewritePaths(root).out, cut(shown))).toBe(shown.replaceAll(`${root}/lava-`, "/lava-"));
});
