import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { localLogStore } from "./local-log-store.js";
import type { PageQuery } from "./log-page.js";
import type { LogStore } from "./log-store.js";

let root = "";
let store: LogStore;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "basalt-logs-"));
  store = localLogStore({ folder: root });
});
afterEach(async () => {
  await store[Symbol.asyncDispose]();
  await rm(root, { recursive: true, force: true });
});

const append = (job: number, lines: readonly string[]) =>
  store.append(job, { from: 0, count: lines.length, body: Buffer.from(lines.join("")) });
const ofLength = (length: number, index: number): string => `${String(index % 10).repeat(length)}\n`;

/** What a page has to be, the slow way. */
function expected(lines: readonly string[], { start, end, bytes, last = false }: PageQuery) {
  let from = Math.min(start, lines.length);
  let to = Math.max(from, Math.min(end, lines.length));
  const size = (): number => lines.slice(from, to).reduce((sum, line) => sum + line.length, 0);
  while (to - from > 1 && size() > bytes)
    if (last) from++;
    else to--;
  return { start: from, next: to, text: lines.slice(from, to).join("") };
}

const read = async (job: number, query: PageQuery) => {
  const { text, ...place } = await store.page(job, query);
  return { ...place, text: text.toString() };
};

test("a page is as many whole lines as there is room for, one at least, from the start or to the end, packed or not", async () => {
  const lengths = fc.array(fc.oneof(fc.nat({ max: 20 }), fc.nat({ max: 3_000 })), { maxLength: 40 });
  const place = fc.nat({ max: 45 });
  const query = fc.record({ start: place, end: place, bytes: fc.nat({ max: 4_000 }), last: fc.boolean() });
  let job = 0;
  await fc.assert(
    fc.asyncProperty(lengths, fc.array(query, { minLength: 1, maxLength: 8 }), async (sizes, queries) => {
      job++;
      const lines = sizes.map(ofLength);
      await append(job, lines);
      for (const one of queries) expect(await read(job, one)).toEqual(expected(lines, one));
      await store.seal(job);
      for (const one of queries) expect(await read(job, one)).toEqual(expected(lines, one));
    }),
    { numRuns: 60, endOnFailure: true },
  );
});

test("lines of 1 MiB are packed one by one, and pages over many blocks hold what they may", async () => {
  const mebibyte = 1024 * 1024;
  const lines = Array.from({ length: 12 }, (_, index) => ofLength(index % 3 === 2 ? 10 : mebibyte, index));
  await append(7, lines);
  await store.seal(7);
  const blocks = JSON.parse(await readFile(join(root, "0", "7", "output.blocks.json"), "utf8"));
  expect(blocks).toMatchObject({ lines: 12, firsts: expect.any(Array) });
  expect(blocks.firsts.length).toBeGreaterThanOrEqual(8);
  for (const last of [false, true])
    for (const bytes of [1, mebibyte, mebibyte + 20, 4 * mebibyte, 100 * mebibyte]) {
      const page = await read(7, { start: 1, end: 11, bytes, last });
      const wanted = expected(lines, { start: 1, end: 11, bytes, last });
      expect([page.start, page.next, page.text === wanted.text]).toEqual([wanted.start, wanted.next, true]);
    }
  const packed = join(root, "0", "7", "output.yaml.gz");
  expect(execFileSync("zcat", [packed], { maxBuffer: 1e9 }).toString() === lines.join("")).toBe(true);
});

test("what the first servers packed, by lines only, is read as well", async () => {
  const lines = Array.from({ length: 9_000 }, (_, index) => `- ${index}\n`);
  await append(7, lines);
  await store.seal(7);
  const path = join(root, "0", "7", "output.blocks.json");
  const { firsts, ...blocks } = JSON.parse(await readFile(path, "utf8"));
  expect(firsts).toEqual([0, 4_096, 8_192]);
  await writeFile(path, JSON.stringify({ ...blocks, linesPerBlock: 4_096 }));
  expect((await store.range(7, 4_090, 8_200)).toString()).toBe(lines.slice(4_090, 8_200).join(""));
});

test("a log that is not there has empty pages", async () => {
  expect(await read(9, { start: 3, end: 9, bytes: 100 })).toEqual({ start: 0, next: 0, text: "" });
});
