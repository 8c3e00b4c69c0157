import fc from "fast-check";
import { expect, test } from "vitest";
import { formatDuration, namedTimeouts, readTimeouts, timeoutMs } from "./timeout.js";

test.each([
  [{ days: 1 }, 86_400_000],
  [{ hours: 2 }, 7_200_000],
  [{ minutes: 3 }, 180_000],
  [{ seconds: 4 }, 4_000],
])("a timeout of %o", (dict, ms) => {
  expect(timeoutMs(dict)).toBe(ms);
});

test("several units add up", () => {
  const count = fc.nat(1000);
  fc.assert(
    fc.property(count, count, count, fc.integer({ min: 1, max: 1000 }), (days, hours, minutes, seconds) => {
      expect(timeoutMs({ days, hours, minutes, seconds })).toBe(
        (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000,
      );
    }),
  );
});

test.each([undefined, null, {}, { seconds: 0 }, { skip: true }, 30, "30"])("%o names no time", (value) => {
  expect(timeoutMs(value)).toBeUndefined();
});

test("a named timeout of zero or nothing is LAVA's 30 seconds", () => {
  expect(namedTimeouts({ a: { seconds: 0 }, b: null, c: { minutes: 1 } })).toEqual(
    new Map([
      ["a", 30_000],
      ["b", 30_000],
      ["c", 60_000],
    ]),
  );
});

test("what is not there is not in the timeouts", () => {
  const timeouts = readTimeouts({ job: { minutes: 1 } });
  expect(timeouts).toEqual({ jobMs: 60_000, actions: new Map(), connections: new Map() });
  expect(timeouts).not.toHaveProperty("actionMs");
});

test.each([
  [0, "00:00:00"],
  [999, "00:00:00"],
  [61_000, "00:01:01"],
  [3_600_000 * 25, "25:00:00"],
  [-5_000, "00:00:00"],
])("%d ms is %s", (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});
