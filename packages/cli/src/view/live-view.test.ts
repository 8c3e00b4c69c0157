import { type PlannedNode, systemClock } from "@basalt/core";
import headless from "@xterm/headless";
import { expect, test } from "vitest";
import { LiveRegion } from "./live-region.js";
import { LiveView } from "./live-view.js";
import { makePaint } from "./paint.js";

/** A terminal as xterm is one: what is written shows on its screen and in its history. */
function terminal(columns: number, rows: number) {
  const xterm = new headless.Terminal({
    cols: columns,
    rows,
    allowProposedApi: true,
    convertEol: true,
    scrollback: 10_000,
  });
  const stream = {
    isTTY: true,
    get columns() {
      return xterm.cols;
    },
    get rows() {
      return xterm.rows;
    },
    written: "",
    write(text: string) {
      this.written += text;
      xterm.write(text);
    },
  };
  const settled = (): Promise<void> => new Promise((resolve) => xterm.write("", resolve));
  const lines = async (): Promise<string[]> => {
    await settled();
    const { active } = xterm.buffer;
    const all: string[] = [];
    for (let y = 0; y < active.length; y++) {
      const line = active.getLine(y);
      const text = line?.translateToString(true) ?? "";
      if (line?.isWrapped) all[all.length - 1] += text;
      else all.push(text);
    }
    while (all.at(-1) === "") all.pop();
    return all;
  };
  return { xterm, stream, lines, settled };
}

const node = (level: string, name: string, children: readonly PlannedNode[] = []): PlannedNode => ({
  name,
  level,
  section: "boot",
  namespace: "common",
  kind: "sequence",
  children,
  maxRetries: 1,
  repeats: false,
  retryIntervalMs: 0,
  timeoutMs: 60_000,
  connectionTimeoutMs: 1000,
  skipOnTimeout: false,
  parameters: {},
});
const paint = makePaint({ colour: true, unicode: true });

test("a frame replaces the last one, what was printed above stays", async () => {
  const { stream, lines } = terminal(40, 10);
  const region = new LiveRegion(stream);
  region.draw([], ["tree 1", "tree 2"]);
  region.draw(["first", "second"], ["tree 1", "tree 2", "tree 3"]);
  region.draw(["third"], ["only one"]);
  expect(await lines()).toEqual(["first", "second", "third", "only one"]);
  region.close(["the end"]);
  expect(await lines()).toEqual(["first", "second", "third", "the end"]);
});

test("every frame is one write, inside a synchronized update, and the cursor is shown at the end", () => {
  const writes: string[] = [];
  const region = new LiveRegion({ write: (text: string) => writes.push(text), columns: 20, rows: 5 });
  region.draw(["x"], ["a", "b"]);
  region.close([]);
  expect(writes).toHaveLength(2);
  expect(writes[0]).toMatch(/^\u001b\[\?2026h.*\u001b\[\?2026l$/s);
  expect(writes[1]).toContain("\u001b[?25h");
});

test("a terminal made narrower or wider, lower or higher, loses nothing that was printed", async () => {
  const { xterm, stream, lines, settled } = terminal(60, 12);
  const region = new LiveRegion(stream);
  const printed: string[] = [];
  const sizes = [60, 30, 75, 21, 60] as const;
  for (const [turn, columns] of sizes.entries()) {
    await settled();
    xterm.resize(columns, 8 + turn);
    for (let i = 0; i < 4; i++) {
      const line = `console line ${turn}.${i} `.padEnd(45, "=");
      printed.push(line);
      region.draw([line], [`tree of turn ${turn} ${"x".repeat(60)}`, "tree below", "rule"]);
    }
  }
  region.close([]);
  const shown = await lines();
  for (const line of printed) expect(shown).toContain(line);
});

test("a job's console scrolls through the place below the tree and is all there in the end", async () => {
  const { stream, lines } = terminal(80, 14);
  const view = new LiveView({
    stream,
    paint,
    clock: systemClock,
    title: "a job on a board",
    roots: [node("1", "boot", [node("1.1", "reset-device"), node("1.2", "login")]), node("2", "finalize")],
  });
  const started = { section: "boot", namespace: "common", timeoutMs: 60_000, attempt: 1 } as const;
  view.append({ type: "action-started", at: systemClock.now(), level: "1", name: "boot", ...started });
  view.append({ type: "action-started", at: systemClock.now(), level: "1.1", name: "reset-device", ...started });
  for (let i = 0; i < 200; i++)
    view.append({
      type: "console",
      at: 0,
      namespace: "common",
      text: `\u001b[1mline ${i}\u001b[0m\r\npart`.slice(i % 2 ? 0 : 4),
    });
  view.append({ type: "action-ended", at: 0, level: "1.1", name: "reset-device", outcome: "fail", ms: 1500 });
  await view.close();
  const shown = await lines();
  for (let i = 0; i < 200; i++)
    expect(
      shown.some((line) => line.endsWith(`line ${i}`)),
      `line ${i}`,
    ).toBe(true);
  expect(shown).toContain("part");
  expect(shown.at(-1)).toBe("· 2 finalize");
  expect(shown.some((line) => line.startsWith("  ✖ 1.1 reset-device  1.5 s"))).toBe(true);
});
