import { expect, test } from "vitest";
import { checksum } from "./checksum.js";
import { readSignal } from "./signal.js";
import { SignalStream } from "./signal-stream.js";

const numbered = (sequence: number, body: string, { ask = "", kind = "TESTCASE" } = {}): string =>
  `<LAVA_SIGNAL_${kind} SEQ=${sequence}.${checksum(`${sequence}${ask} ${kind} ${body}`)}${ask} ${body}>`;
const texts = (received: { readonly signals: readonly { readonly text: string }[] }) =>
  received.signals.map(({ text }) => text);

test("a plain LAVA signal is read as it is", () => {
  expect(readSignal("<LAVA_SIGNAL_TESTCASE TEST_CASE_ID=x RESULT=pass>")).toEqual({
    state: "whole",
    asks: false,
    signal: { kind: "TESTCASE", text: "TEST_CASE_ID=x RESULT=pass", words: ["TEST_CASE_ID=x", "RESULT=pass"] },
  });
});

test.each([
  ["a line in its midst", "<LAVA_SIGNAL_TESTCASE TEST_CASE_ID=x RES[   1.5] usb 1-1\r\nULT=pass>"],
  ["a line in its name", "<LAVA_SIGNAL_TEST[   1.5] usb 1-1\r\nCASE TEST_CASE_ID=x RESULT=pass>"],
  ["a line with a > before its parameters", "<LAVA_SIGNAL_TESTRAISE [    1.500000] a -> b>"],
  ["a header cut short", "<LAVA_SIGNAL_TESTRAISE SEQ=[    1.500000] a ->"],
  ["a wrong checksum", "<LAVA_SIGNAL_TESTCASE SEQ=3.1 TEST_CASE_ID=x RESULT=pass>"],
  ["a character changed", numbered(3, "TEST_CASE_ID=x RESULT=pass").replace("pass", "past")],
])("%s is damage", (_what, text) => expect(readSignal(text).state).toBe("damaged"));

test("one that lost its end does not take the next with it", () => {
  const text = `<LAVA_SIGNAL_TESTCASE TEST_CASE_ID=lo${"x".repeat(5000)}${numbered(1, "TEST_CASE_ID=y RESULT=pass")}`;
  expect(readSignal(text)).toMatchObject({
    state: "whole",
    signal: { sequence: 1, text: "TEST_CASE_ID=y RESULT=pass" },
  });
});

test("repeated signals count once, early ones wait, and the device is told what is missing", () => {
  const stream = new SignalStream();
  expect(stream.take(numbered(1, "a", { ask: "?" }))).toMatchObject({ answer: "#1" });
  expect(stream.take(numbered(1, "a", { ask: "?" }))).toEqual({ signals: [], answer: "#1" });
  expect(stream.take(numbered(3, "c", { ask: "?" }))).toEqual({ signals: [], answer: "#1-" });
  const both = stream.take(numbered(2, "b", { ask: "?" }));
  expect([texts(both), both.answer]).toEqual([["b", "c"], "#3"]);
  expect(stream.finish()).toEqual({ signals: [], missing: [], lost: [] });
});

test("one that asks no answer gets none; one that asked and came damaged is asked for at once", () => {
  const stream = new SignalStream();
  expect(stream.take(numbered(1, "a"))).not.toHaveProperty("answer");
  expect(stream.take("<LAVA_SIGNAL_TESTCASE SEQ=2.5? TEST_CASE[ 1.5] x\r\n_ID=x RESULT=pass>")).toEqual({
    signals: [],
    answer: "#1-",
  });
  expect(stream.damaged).toBe(1);
});

test("what never came is known by its number, what came behind it is kept", () => {
  const stream = new SignalStream();
  stream.take(numbered(1, "a"));
  stream.take(numbered(4, "d"));
  const rest = stream.finish();
  expect([texts(rest), rest.missing]).toEqual([["d"], [2, 3]]);
});

test("a second call of the runner begins again with 1", () => {
  const stream = new SignalStream();
  for (const n of [1, 2, 3]) stream.take(numbered(n, "x"));
  expect(texts(stream.take(numbered(1, "START", { kind: "TESTRUNNER", ask: "?" })))).toEqual(["START"]);
  expect(texts(stream.take(numbered(2, "new")))).toEqual(["new"]);
});

test("damaged plain signals are lost, and told", () => {
  const stream = new SignalStream();
  stream.take("<LAVA_SIGNAL_TESTCASE TEST_CASE_ID=x RES[ 1.5] usb\r\nULT=pass>");
  expect(stream.lost).toBe(1);
  expect(stream.finish().lost).toHaveLength(1);
});
