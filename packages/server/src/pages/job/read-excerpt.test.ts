import { expect, test } from "vitest";
import { readExcerpt } from "./read-excerpt.js";

const line = (lvl: string, msg: unknown): string => `- ${JSON.stringify({ dt: "2026-11-22T09:00:00", lvl, msg })}\n`;

/** A boot of 100 lines that ends in a panic, and what our own steps say around it. */
const lines = [
  ...Array.from({ length: 98 }, (_, index) => line("target", `boot ${index + 1}`)),
  line("target", `panic ${"x".repeat(1_000)}`),
  line("debug", "end: 1.1 login (duration 00:00:10)"),
  line("results", { definition: "lava", case: "login", result: "fail" }),
  line("error", "login failed: the kernel panicked"),
  line("info", "end: 1 boot (duration 00:00:10)"),
  line("info", "start: 2 finalize (timeout 00:00:30)"),
];
const jobs = {
  async log(_asker: unknown, _id: unknown, { start = 0, end = 0 }: { start?: number; end?: number }) {
    const next = Math.min(end, lines.length);
    const text = Buffer.from(lines.slice(start, next).join(""));
    return { count: lines.length, finished: true, start, next, text };
  },
};

test("what a board said last and the error, without what our steps say of themselves", async () => {
  const found = await readExcerpt(jobs, { asker: undefined, id: 1, line: 101 });
  expect(found.map(({ number }) => number)).toEqual([93, 94, 95, 96, 97, 98, 99, 102]);
  expect(found.at(-1)?.text).toBe("login failed: the kernel panicked");
  expect(found.at(-2)?.text).toHaveLength(401);
});

test("a job that failed nowhere in its log shows nothing, and one that failed at once what there is", async () => {
  expect(await readExcerpt(jobs, { asker: undefined, id: 1, line: undefined })).toEqual([]);
  const first = await readExcerpt(jobs, { asker: undefined, id: 1, line: 1 });
  expect(first.map(({ text }) => text)).toEqual(["boot 1", "boot 2", "boot 3"]);
});
