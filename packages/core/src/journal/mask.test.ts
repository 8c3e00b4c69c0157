import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { infrastructureError, jobError } from "../errors.js";
import type { JournalEvent } from "./journal.js";
import { makeMasker, maskError, maskJournal } from "./mask.js";

describe("makeMasker", () => {
  test("masks every secret, the longer of two that overlap", () => {
    const masked = makeMasker(["token", "token-long", "", "a.b"]);
    expect(masked("x token-long token axb a.b")).toBe("x [MASKED] [MASKED] axb [MASKED]");
  });
  test("masks each line of a secret that has several", () => {
    expect(makeMasker(["-----KEY\nabc123\r\nEND"])("abc123")).toBe("[MASKED]");
  });
  test("leaves text alone where there is no secret", () => {
    expect(makeMasker(["", " "])("a b")).toBe("a b");
  });
});

const through = (secrets: string[], events: JournalEvent[]): JournalEvent[] => {
  const out: JournalEvent[] = [];
  const journal = maskJournal({ append: (event) => void out.push(event) }, secrets);
  for (const event of events) journal.append(event);
  journal.flush();
  return out;
};
const consoleText = (secrets: string[], chunks: string[], namespace = "common"): string =>
  through(
    secrets,
    chunks.map((text) => ({ type: "console", at: 1, namespace, text })),
  )
    .map((event) => (event.type === "console" ? event.text : ""))
    .join("");

describe("the console's text, in pieces", () => {
  test.each([
    [["hunter2"], ["login: hun", "ter2\r\n"], "login: [MASKED]\r\n"],
    [["ab", "bcd"], ["abc", "x"], "[MASKED]cx"],
    [["abc", "abcdef"], ["abc", "d", "x"], "[MASKED]dx"],
    [["KEY\nsecond"], ["KEY\r\nsec", "ond"], "[MASKED]\r\n[MASKED]"],
  ])("secrets %j in %j", (secrets, chunks, shown) => {
    expect(consoleText(secrets, chunks)).toBe(shown);
  });

  test("however it is cut, no secret gets through and nothing else is lost", () => {
    const word = fc.string({ unit: fc.constantFrom("a", "b", "c", "\n"), minLength: 1, maxLength: 5 });
    const text = fc.string({ unit: fc.constantFrom("a", "b", "c", "d", "\n"), maxLength: 40 });
    fc.assert(
      fc.property(
        fc.array(word, { minLength: 1, maxLength: 4 }),
        fc.array(text, { maxLength: 8 }),
        (secrets, chunks) => {
          expect(consoleText(secrets, chunks)).toBe(makeMasker(secrets)(chunks.join("")));
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test("namespaces don't complete each other's secrets", () => {
    const events = through(
      ["secret"],
      [
        { type: "console", at: 1, namespace: "a", text: "sec" },
        { type: "console", at: 1, namespace: "b", text: "ret" },
      ],
    );
    expect(events).toEqual([
      { type: "console", at: 1, namespace: "b", text: "ret" },
      { type: "console", at: 1, namespace: "a", text: "sec" },
    ]);
  });

  test("what can't begin a secret is not held back", () => {
    const out: string[] = [];
    const journal = maskJournal({ append: (event) => void (event.type === "console" && out.push(event.text)) }, [
      "s3cret",
    ]);
    journal.append({ type: "console", at: 1, namespace: "common", text: "=> " });
    expect(out).toEqual(["=> "]);
  });
});

test("log lines, results, errors and progress are masked", () => {
  const error = jobError("ERR_X", "can't fetch http://u:s3cret@x", {
    cause: infrastructureError("ERR_Y", "s3cret refused", { cause: new Error("s3cret"), details: { url: "s3cret" } }),
    details: { list: ["s3cret"] },
  });
  const events = through(
    ["s3cret"],
    [
      { type: "log", at: 1, level: "info", message: "s3cret" },
      {
        type: "result",
        at: 1,
        result: { definition: "0_s", case: "s3cret-1", result: "pass", extra: { a: ["s3cret"] } },
      },
      { type: "result", at: 1, result: { definition: "lava", case: "job", result: "fail", error_msg: "s3cret" } },
      { type: "action-ended", at: 1, level: "1", name: "a", outcome: "fail", ms: 1, error },
      { type: "progress", at: 1, level: "1", what: "http://s3cret", done: 1, unit: "bytes" },
    ],
  );
  const seen = JSON.stringify(events, (_key, value) =>
    value instanceof Error ? { ...value, message: value.message, stack: value.stack, cause: value.cause } : value,
  );
  expect(seen).not.toContain("s3cret");
  expect(seen.match(/\[MASKED\]/g)?.length).toBeGreaterThanOrEqual(9);
});

test("an error keeps its kind, code and chain", () => {
  const cause = infrastructureError("ERR_Y", "y");
  const masked = maskError(jobError("ERR_X", "a s3cret", { cause }), makeMasker(["s3cret"]));
  expect(masked).toMatchObject({
    kind: "job",
    code: "ERR_X",
    message: "a [MASKED]",
    cause: { kind: "infrastructure", code: "ERR_Y" },
  });
});

test("a secret that is a word of the records does not break them", () => {
  const secrets = ["lava", "job", "fail", "log", "info", "common", "Job", "result"];
  const events: JournalEvent[] = [
    { type: "log", at: 1, level: "info", message: "x", namespace: "common" },
    { type: "result", at: 1, result: { definition: "lava", case: "job", result: "fail", error_type: "Job" } },
    {
      type: "action-started",
      at: 1,
      level: "1",
      name: "job",
      section: "boot",
      namespace: "common",
      timeoutMs: 1,
      attempt: 1,
    },
  ];
  expect(through(secrets, events)).toEqual(events);
});
