import { expect, test } from "vitest";
import { duration, jobWord } from "./words.js";

test.each([
  [0, "0 ms"],
  [999, "999 ms"],
  [1_500, "1.5 s"],
  [59_000, "59 s"],
  [60_000, "1m"],
  [65_000, "1m 5s"],
  [3_600_000, "1h"],
  [3_660_000, "1h 1m"],
  [90_000_000, "1d 1h"],
])("%i ms is %s", (ms, text) => expect(duration(ms)).toBe(text));

test("a job's end counts more than its state", () => {
  expect(jobWord({ state: "Finished", health: "Canceled" })).toBe("Canceled");
  expect(jobWord({ state: "Running", health: "Unknown" })).toBe("Running");
});
