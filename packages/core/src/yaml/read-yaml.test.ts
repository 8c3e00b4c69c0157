import { describe, expect, test } from "vitest";
import { isBasaltError } from "../errors.js";
import { formatPath } from "./path.js";
import { pythonStr, pythonText } from "./python-text.js";
import { readYaml } from "./read-yaml.js";
import { readYamlFast } from "./read-yaml-fast.js";

const job = `job_name: a
timeouts: &t
  job: {minutes: 5}
actions:
- deploy:
    to: tmpfs
    images:
      "my disk": {url: x}
- boot:
    timeouts: *t
    <<: {method: qemu}
`;

describe("positions", () => {
  const cases: [(string | number)[], "key" | "value", number, number][] = [
    [[], "value", 1, 1],
    [["job_name"], "value", 1, 11],
    [["job_name"], "key", 1, 1],
    [["timeouts", "job", "minutes"], "value", 3, 18],
    [["actions", 0], "value", 5, 3],
    [["actions", 0, "deploy", "to"], "value", 6, 9],
    [["actions", 0, "deploy", "images", "my disk", "url"], "key", 8, 19],
    [["actions", 1, "boot", "timeouts"], "value", 10, 15],
    [["actions", 1, "boot", "timeouts", "job"], "key", 3, 3],
    [["actions", 1, "boot", "method"], "value", 11, 18],
    [["actions", 1, "boot", "nowhere", "at all"], "key", 9, 3],
  ];
  test.each(cases)("%j (%s) is at line %i, column %i", async (path, what, line, column) => {
    const locate = await (await readYaml(job)).locator();
    expect(locate(path, what)).toMatchObject({ line, column });
  });

  test("are right behind quoted texts and brackets that go on at column 1", async () => {
    const text = "a: '\n'\nb: \"x\n\ny\"\nc: [ # note\n1,\n2\n]\nd: here\n";
    const document = await readYaml(text);
    expect(document.value).toEqual({ a: " ", b: "x\ny", c: [1, 2], d: "here" });
    const locate = await document.locator();
    expect(locate(["d"])).toEqual({ line: 10, column: 4, offset: text.indexOf("here") });
    expect(locate(["c", 1])).toMatchObject({ line: 8, column: 1 });
  });
});

describe("warnings", () => {
  test("each repeated key, with its place and the first one's line", async () => {
    const document = await readYaml("a: 1\nb: {c: 1, c: 2}\na: 3\n1: x\n'1': y\n");
    expect(document.value).toEqual({ a: 3, b: { c: 2 }, 1: "y" });
    expect(document.warnings).toEqual([
      expect.objectContaining({
        line: 2,
        column: 11,
        message: expect.stringContaining('"c" was already given in line 2'),
      }),
      expect.objectContaining({
        line: 3,
        column: 1,
        message: expect.stringContaining('"a" was already given in line 1'),
      }),
      expect.objectContaining({
        line: 5,
        column: 1,
        message: expect.stringContaining('"1" was already given in line 4'),
      }),
    ]);
  });

  test("none for a quiet reader, and the same value", async () => {
    const text = "a: 1\nb: {c: 1, c: 2}\na: 3\n";
    expect(await readYaml(text, { quiet: true })).toMatchObject({ value: { a: 3, b: { c: 2 } }, warnings: [] });
    // what was replaced looks like a list used as a key to js-yaml, and is left to the other reader
    const replaced = '"1": 0\na: [1]\na: 2\n';
    expect(await readYaml(replaced, { quiet: true })).toMatchObject({ value: { 1: 0, a: 2 }, warnings: [] });
  });

  test("none for a key that overrides a merged one", async () => {
    expect((await readYaml("a: {<<: {x: 1}, x: 2}")).warnings).toEqual([]);
  });
});

// Text, code, line and column; where the fast reader names another place, that too.
const refusals: [string, string, string, [number, number], [number, number]?][] = [
  ["an open bracket", "a: [1\nb: 2\n", "ERR_YAML_SYNTAX", [2, 1]],
  ["a tab as indentation", "a:\n\tb: 1\n", "ERR_YAML_SYNTAX", [2, 1]],
  ["two documents", "a: 1\n---\nb: 1\n", "ERR_YAML_DOCUMENTS", [2, 1], [1, 1]],
  ["an unknown tag", "a: 1\nb: !foo x\n", "ERR_YAML_TAG", [2, 9], [2, 10]],
  ["a Python tag", "a: !!python/object/apply:os.system [ls]\n", "ERR_YAML_TAG", [1, 36], [1, 40]],
  ["a tag that does not fit", "a: !!int many\n", "ERR_YAML_VALUE", [1, 10], [1, 14]],
  ["a day that is none", "a: 2026-02-30\n", "ERR_YAML_VALUE", [1, 4], [1, 14]],
  ["an unknown alias", "a: *b\n", "ERR_YAML_ALIAS", [1, 4], [1, 6]],
  ["an alias inside itself", "a: &a\n- *a\n", "ERR_YAML_ALIAS", [2, 3], [1, 1]],
  ["a merge of no mapping", "a:\n  <<: 5\n", "ERR_YAML_MERGE", [2, 7], [2, 5]],
  ["a merge key as a value", "a: 1\nb: <<\n", "ERR_YAML_MERGE", [2, 4], [2, 6]],
  ["a list as a key", "a: 1\n[b]: 2\n", "ERR_YAML_KEY", [2, 1], [2, 4]],
  ["a control character", "a: 1\nb: \u0007\n", "ERR_YAML_CHARACTER", [2, 4]],
];

describe("refusals name file, line and column and show the line", () => {
  test.each(refusals)("%s", async (_name, text, code, place, fastPlace = place) => {
    const slow = await readYaml(text, { file: "job.yaml" }).catch((error: unknown) => error);
    const fast = (() => {
      try {
        return readYamlFast(text, { file: "job.yaml", kind: "configuration" });
      } catch (error) {
        return error;
      }
    })();
    for (const [error, [line, column], kind] of [
      [slow, place, "job"],
      [fast, fastPlace, "configuration"],
    ] as const) {
      if (!isBasaltError(error)) throw new Error(`not refused: ${JSON.stringify(error)}`);
      expect({ code: error.code, kind: error.kind, ...error.details }).toMatchObject({
        code,
        kind,
        line,
        column,
        file: "job.yaml",
      });
      const [first, shown, caret] = error.message.split("\n");
      expect(first).toMatch(new RegExp(`^job\\.yaml:${line}:${column}: cannot be read as YAML: `));
      expect(shown).toBe(`  ${line} | ${text.split("\n")[line - 1]?.replaceAll("\t", " ")}`);
      expect(caret).toBe(`${" ".repeat(2 + String(line).length)} | ${" ".repeat(column - 1)}^`);
    }
  });
});

/** A text whose aliases multiply: ten of each, nine deep. */
const bomb = (merge: boolean): string => {
  const ten = (name: string): string =>
    merge ? `{<<: [${Array(10).fill(`*${name}`)}]}` : `[${Array(10).fill(`*${name}`)}]`;
  const lines = [`a0: &a0 ${merge ? "{x: 1}" : "[x]"}`];
  for (let at = 1; at < 10; at++) lines.push(`a${at}: &a${at} ${ten(`a${at - 1}`)}`);
  return lines.join("\n");
};

const hostile: [string, string, string][] = [
  ["an alias bomb", bomb(false), "ERR_YAML_ALIAS"],
  [
    "one mapping merged very often",
    `a: &a {${Array.from({ length: 2000 }, (_, at) => `k${at}: 1`)}}\nb: {<<: [${Array(2000).fill("*a")}]}`,
    "ERR_YAML_ALIAS",
  ],
  [
    "a chain of aliases",
    `- &a0 []\n${Array.from({ length: 200 }, (_, at) => `- &a${at + 1} [*a${at}]`).join("\n")}`,
    "ERR_YAML_DEPTH",
  ],
  ["brackets in brackets", "[".repeat(50_000), "ERR_YAML_DEPTH"],
  ["closed brackets in brackets", "[".repeat(5_000) + "]".repeat(5_000), "ERR_YAML_DEPTH"],
  ["mappings in mappings", Array.from({ length: 500 }, (_, at) => `${" ".repeat(at)}a:`).join("\n"), "ERR_YAML_DEPTH"],
  ["lists on one line", `${"- ".repeat(5_000)}a`, "ERR_YAML_DEPTH"],
  ["a document over the limit", `a: ${"x".repeat(2_000_000)}`, "ERR_YAML_SIZE"],
  ["a quote that never ends", `a: "${"x\n".repeat(200_000)}`, "ERR_YAML_SYNTAX"],
  ["many open quotes", `a: '\n`.repeat(10_001), "ERR_YAML_SYNTAX"],
  ["many question marks", "? ".repeat(20_000), "ERR_YAML_"],
  ["many anchors on one node", `a: ${"&a ".repeat(20_000)}b`, "ERR_YAML_SYNTAX"],
];

describe("hostile documents are refused", () => {
  test.each(hostile)("%s", async (_name, text, code) => {
    await expect(readYaml(text)).rejects.toMatchObject({ code: expect.stringContaining(code) });
    const limits = { maxLength: 1_048_576, maxAliasNodes: 10_000 };
    expect(() => readYamlFast(text, { limits })).toThrow(
      expect.objectContaining({ code: expect.stringContaining(code) }),
    );
  });

  test.each([
    ["brackets", `a:\n  ${"[".repeat(5_000)}`],
    ["braces", `a:\n  ${"{b: ".repeat(3_000)}`],
    ["lists on one line", `a:\n  ${"- ".repeat(5_000)}c`],
  ])("%s in each other: the message says how many are allowed, and where it was too much", async (_name, text) => {
    const words = /^\(text\):2:\d+: cannot be read as YAML: lists and mappings are nested more than 100 deep\n/;
    await expect(readYaml(text)).rejects.toThrow(words);
    expect(() => readYamlFast(text)).toThrow(words);
  });

  test("but a few aliases are fine", async () => {
    const text = `a: &a {x: 1, y: [1, 2]}\nb: [*a, *a]\nc: {<<: *a}\n`;
    expect((await readYaml(text)).value).toEqual({
      a: { x: 1, y: [1, 2] },
      b: Array(2).fill({ x: 1, y: [1, 2] }),
      c: { x: 1, y: [1, 2] },
    });
  });
});

describe("Python's text of a value", () => {
  test("floats keep the point they were written with, here and behind a merge", async () => {
    const { value } = (await readYaml("a: {v: 1.0, w: 1, x: 2.50, y: 1.0e+20}\nb: {<<: {v: 2.0}}\nc: [3.0]\n")) as {
      value: { a: object; b: object; c: object };
    };
    expect(["v", "w", "x", "y"].map((key) => pythonText(value.a, key))).toEqual(["1.0", "1", "2.5", "1e+20"]);
    expect([pythonText(value.b, "v"), pythonText(value.c, 0)]).toEqual(["2.0", "3.0"]);
    expect(value.a).toEqual({ v: 1, w: 1, x: 2.5, y: 1e20 });
  });

  test("of lists and mappings", () => {
    expect(pythonStr({ a: [true, null, "it's", 'q"'], b: 0.00001 })).toBe(
      `{'a': [True, None, "it's", 'q"'], 'b': 1e-05}`,
    );
  });
});

test("paths are written as people write them", () => {
  expect(formatPath(["actions", 1, "boot", "method"])).toBe("actions[1].boot.method");
  expect(formatPath(["images", "my disk", "url"])).toBe('images["my disk"].url');
  expect(formatPath([])).toBe("(the document)");
});
