import { expect, test } from "vitest";
import { logLine } from "./log-lines.js";
import { readLogPart } from "./read-log-part.js";

const million = 1_000_000;
/** Every hundredth line is a warning, the last an error. */
const lineOf = (index: number): string => {
  const lvl = index === million - 1 ? "error" : index % 100 === 99 ? "warning" : "target";
  return `- {"dt": "2026-11-22T09:00:00.123456+00:00", "lvl": "${lvl}", "msg": "line ${index + 1} says \\"lvl\\": \\"error\\""}\n`;
};

/** A log of a million lines that counts how many are asked for. */
function bigLog() {
  let asked = 0;
  return {
    asked: () => asked,
    async log(_asker: unknown, _id: unknown, { start = 0, end = million }: { start?: number; end?: number }) {
      const to = Math.min(end, million);
      asked += Math.max(0, to - start);
      const text = Array.from({ length: Math.max(0, to - start) }, (_, index) => lineOf(start + index)).join("");
      return { count: million, finished: true, start, next: Math.min(million, end), text: Buffer.from(text) };
    },
  };
}
const question = { asker: undefined, id: 1, levels: [] };

test.each([
  [{ from: 1 }, 1, 401],
  [{ from: 500_001 }, 500_001, 500_401],
  [{ to: million + 1 }, million - 399, million + 1],
  [{ to: 101 }, 1, 101],
  [{ around: 700_000 }, 699_800, 700_200],
  [{ around: 3 }, 1, 401],
  [{ from: million + 5 }, million + 5, million + 5],
])("a part at %j of a million lines reads no more than it shows", async (place, from, to) => {
  const log = bigLog();
  const part = await readLogPart(log, { ...question, place });
  expect([part.from, part.to]).toEqual([from, to]);
  expect(part.lines.map(({ number }) => number)).toEqual(Array.from({ length: to - from }, (_, index) => from + index));
  expect(log.asked()).toBe(to - from);
});

test("some levels only: goes on until there are enough, on and back", async () => {
  const log = bigLog();
  const on = await readLogPart(log, { ...question, place: { from: 1 }, levels: ["warning"], limit: 100 });
  expect(on.lines.map(({ number }) => number)).toEqual(Array.from({ length: 100 }, (_, index) => (index + 1) * 100));
  expect([on.from, on.to]).toEqual([1, 10_001]);
  const back = await readLogPart(log, { ...question, place: { to: 10_001 }, levels: ["warning"], limit: 30 });
  expect([back.lines[0]?.number, back.from, back.to]).toEqual([7_100, 7_100, 10_001]);
});

test("where a level is rare, one request reads a bounded part and says how far it came", async () => {
  const log = bigLog();
  const part = await readLogPart(log, { ...question, place: { from: 1 }, levels: ["error"] });
  expect(part.lines).toEqual([]);
  expect(part.to).toBe(100_001);
  expect(log.asked()).toBe(100_000);
  const back = await readLogPart(log, { ...question, place: { to: million + 1 }, levels: ["error"] });
  expect(back.lines.map(({ number }) => number)).toEqual([million]);
});

test("only lines with a text, small letters or large, together with levels", async () => {
  const log = bigLog();
  const text = "LINE 123";
  const part = await readLogPart(log, { ...question, place: { from: 1 }, text, limit: 3 });
  expect(part.lines.map(({ number }) => number)).toEqual([123, 1_230, 1_231]);
  const both = { ...question, levels: ["warning"], text: "line 20" };
  const found = await readLogPart(log, { ...both, place: { from: 1 }, limit: 4 });
  expect(found.lines.map(({ number }) => number)).toEqual([200, 2_000, 20_000, 20_100]);
  const back = await readLogPart(log, { ...both, place: { to: 20_300 }, limit: 2 });
  expect(back.lines.map(({ number }) => number)).toEqual([20_100, 20_200]);
});

test("a line of megabytes is shown in part, and says how much is left", () => {
  const { text, left } = logLine(`- {"dt": "x", "lvl": "target", "msg": "${"x".repeat(1_000_000)}"}`, 1);
  expect([text.length, left]).toEqual([4_000, 996_000]);
});

test("how many there are can be asked without lines", async () => {
  const log = bigLog();
  expect(await readLogPart(log, { ...question, place: { from: 1 }, limit: 0 })).toMatchObject({
    count: million,
    lines: [],
  });
  expect(log.asked()).toBe(0);
});

test("lines are read whoever wrote them", () => {
  expect(
    logLine('- {"dt": "2026-11-22T09:00:00.123456+00:00", "lvl": "feedback", "msg": "hi", "ns": "guest"}', 4),
  ).toEqual({
    number: 4,
    time: "09:00:00.123",
    level: "feedback",
    namespace: "guest",
    text: "hi",
  });
  const result = `- {"dt": "x", "lvl": "results", "msg": {"definition": "lava", "case": "job", "result": "fail", "error_type": "Job", "size": ! "5"}}`;
  expect(logLine(result, 1).result).toEqual({ suite: "lava", name: "job", word: "fail", more: "Job" });
  expect(logLine("- {dt: 2026-11-22T09:00:00, lvl: info, msg: plain yaml}", 1)).toMatchObject({
    level: "info",
    text: "plain yaml",
  });
  expect(logLine("- {broken", 1)).toMatchObject({ level: "unknown", text: "{broken" });
});
