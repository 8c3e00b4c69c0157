import { appendFileSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LineIndex } from "./line-index.js";

let folder = "";
let path = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "basalt-lines-"));
  path = join(folder, "output.yaml");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const wide = { maxLines: 1_000, maxBytes: 1 << 20 };
const text = (part: { lines: Uint8Array }): string => Buffer.from(part.lines).toString();

test("a file that is not there yet has no lines", async () => {
  await using index = new LineIndex(path);
  expect(await index.grow()).toBe(false);
  expect(await index.read(0, wide)).toMatchObject({ count: 0 });
});

test("only whole lines count, also while the last one is being written, cut off, and written anew", async () => {
  await using index = new LineIndex(path);
  writeFileSync(path, "one\ntwo\nthr");
  expect(await index.grow()).toBe(true);
  expect(index.lines).toBe(2);
  expect(text(await index.read(0, wide))).toBe("one\ntwo\n");
  expect(await index.grow()).toBe(false);
  truncateSync(path, 8);
  appendFileSync(path, "3\n");
  expect(await index.grow()).toBe(true);
  expect(text(await index.read(2, wide))).toBe("3\n");
  expect(await index.read(3, wide)).toMatchObject({ count: 0 });
});

test("limits of lines and bytes; a line longer than all of them comes alone", async () => {
  await using index = new LineIndex(path);
  writeFileSync(path, `a\nbb\n${"c".repeat(700_000)}\nd\n`);
  await index.grow();
  expect(await index.read(0, { maxLines: 1, maxBytes: 100 })).toEqual({ lines: Buffer.from("a\n"), count: 1 });
  expect(text(await index.read(0, { maxLines: 9, maxBytes: 6 }))).toBe("a\nbb\n");
  const long = await index.read(2, { maxLines: 9, maxBytes: 100 });
  expect([long.count, long.lines.length]).toEqual([1, 700_001]);
  expect(text(await index.read(3, wide))).toBe("d\n");
});

test("any part of a growing file is what it is in the file", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 400 }), { minLength: 1, maxLength: 6 }),
      fc.array(
        fc.record({
          from: fc.nat(2_500),
          maxLines: fc.integer({ min: 1, max: 900 }),
          maxBytes: fc.integer({ min: 1, max: 5_000 }),
        }),
      ),
      async (pieces, reads) => {
        rmSync(path, { force: true });
        await using index = new LineIndex(path);
        let all: string[] = [];
        for (const piece of pieces) {
          const lines = piece.map((length, n) => `${all.length + n}:${"x".repeat(length)}\n`);
          appendFileSync(path, lines.join(""));
          all = [...all, ...lines];
          await index.grow();
          expect(index.lines).toBe(all.length);
          for (const { from, ...limits } of reads) {
            const part = await index.read(from, limits);
            expect(text(part)).toBe(all.slice(from, from + part.count).join(""));
            if (from < all.length) {
              expect(part.count).toBeGreaterThan(0);
              const more = from + part.count < all.length && part.count < limits.maxLines;
              const next = all[from + part.count] ?? "";
              if (more) expect(part.lines.length + next.length).toBeGreaterThan(limits.maxBytes);
            }
          }
        }
      },
    ),
    { numRuns: process.env.BASALT_SOAK ? 500 : 30 },
  );
});

test("places of a long file are remembered in little memory", async () => {
  await using index = new LineIndex(path);
  const line = "- 0123456789\n";
  for (let n = 0; n < 20; n++) appendFileSync(path, line.repeat(100_000));
  await index.grow();
  expect(index.lines).toBe(2_000_000);
  expect(text(await index.read(1_999_999, wide))).toBe(line);
  expect((await index.read(1_234_567, wide)).count).toBe(1_000);
});
