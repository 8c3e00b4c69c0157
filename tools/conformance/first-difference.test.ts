import { expect, test } from "vitest";
import { firstDifference } from "./first-difference.mjs";

const node = (name: string, level: string, more: object = {}): object => ({
  name,
  level,
  max_retries: 1,
  timeout: 30,
  ...more,
});
const plan = (...pipeline: object[]): object[] => [node("deploy-all", "1", { pipeline })];

test("equal plans have no difference, whatever the order of their keys", () => {
  expect(firstDifference(plan(node("a", "1.1")), [{ pipeline: [node("a", "1.1")], ...node("deploy-all", "1") }])).toBe(
    undefined,
  );
});

test.each([
  [plan(node("a", "1.1", { timeout: 60 })), plan(node("a", "1.1")), "1.1 a timeout: expected 60, got 30"],
  [plan(node("a", "1.1")), plan(node("b", "1.1")), '1.1 a name: expected "a", got "b"'],
  [plan(node("a", "1.1")), plan(node("a", "1.1", { url: "x" })), '1.1 a url: expected nothing, got "x"'],
  [plan(node("a", "1.1", { url: "x" })), plan(node("a", "1.1")), '1.1 a url: expected "x", got nothing'],
  [plan(), [node("deploy-all", "1")], "1 deploy-all pipeline: expected [], got nothing"],
])("names the place, what was expected and what came", (expected, got, message) => {
  expect(firstDifference(expected, got)).toBe(message);
});

test("a node too few and a node too many are named", () => {
  const one = plan(node("a", "1.1"));
  const two = plan(node("a", "1.1"), node("b", "1.2"));
  expect(firstDifference(two, one)).toMatch(/^1\.2 b: expected \{"name":"b".*got nothing$/);
  expect(firstDifference(one, two)).toMatch(/^1\.2 b: expected nothing, got \{"name":"b"/);
});
