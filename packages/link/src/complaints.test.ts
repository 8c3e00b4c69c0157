import { silentDaemonLog } from "@basalt/core";
import { expect, it } from "vitest";
import { makeComplaints } from "./complaints.js";

function complaints() {
  const lines: string[] = [];
  let now = 0;
  const complain = makeComplaints({
    log: { ...silentDaemonLog, warning: (line) => lines.push(line) },
    clock: { monotonic: () => now },
    quietMs: 1_000,
  });
  return { lines, complain, pass: (ms: number) => (now += ms) };
}

it("says a complaint once, and later how often it was left out", () => {
  const { lines, complain, pass } = complaints();
  for (let i = 0; i < 5; i++) complain("a", "bad a");
  complain("b", "bad b");
  pass(1_000);
  complain("a", "bad a");
  expect(lines).toEqual(["bad a", "bad b", "bad a (4 more like this before)"]);
});

it("is bounded, whatever is invented, and comes back to itself", () => {
  const { lines, complain, pass } = complaints();
  for (let i = 0; i < 10_000; i++) complain(`key ${i}`, `bad ${i}`);
  expect(lines).toHaveLength(501);
  expect(lines.at(-1)).toContain("more are left out");
  pass(1_000);
  complain("new", "bad new");
  expect(lines.at(-1)).toBe("bad new");
});
