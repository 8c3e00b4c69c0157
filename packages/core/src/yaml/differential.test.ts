import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import * as yaml from "yaml";
import { composeValue } from "./compose.js";
import { documentLimits } from "./limits.js";
import { parseNodes } from "./nodes.js";
import type { YamlPath } from "./path.js";
import { pythonStr, pythonText } from "./python-text.js";
import { readYaml } from "./read-yaml.js";
import { readYamlFast } from "./read-yaml-fast.js";
import { resolvePlain, YamlFloat } from "./resolve.js";

const soak = process.env.BASALT_SOAK === "1";
const conformance = process.env.BASALT_CONFORMANCE ?? "/work/shared/conformance";

/** A value as PyYAML made it, with its Python type. */
type PythonValue =
  | readonly ["str" | "int" | "float" | "time" | "other", string]
  | readonly ["bool", boolean]
  | readonly ["none"]
  | readonly ["list", readonly PythonValue[]]
  | readonly ["dict", readonly (readonly [string, PythonValue])[]];

/** Python tells the keys 1 and "1" apart, we do not: the last one wins. */
const lastOfEach = (pairs: readonly (readonly [string, PythonValue])[]) => [...new Map(pairs)];

/** Debian's python3 with PyYAML's C loader as one process. Undefined where it is not installed. */
async function startPython() {
  const script = new URL("./fixtures/typed_yaml.py", import.meta.url).pathname;
  const child = spawn("/usr/bin/python3", [script], { stdio: ["pipe", "pipe", "ignore"] });
  child.on("error", () => {});
  child.stdin.on("error", () => {});
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const load = async (text: string): Promise<{ readonly value?: PythonValue; readonly error?: string }> => {
    child.stdin.write(`${JSON.stringify(text)}\n`);
    const answer = await lines.next();
    if (answer.done) throw new Error("python3 with python3-yaml is not there, or it ended");
    return JSON.parse(answer.value, (_key, member) =>
      member?.[0] === "dict" ? ["dict", lastOfEach(member[1])] : member,
    );
  };
  const alive = await load("a").then(
    () => true,
    () => false,
  );
  return alive ? { load, stop: () => void child.stdin.end() } : undefined;
}

const python = await startPython();
afterAll(() => python?.stop());
if (!python) console.log("python3-yaml is not installed: the differential tests of YAML are left out");

/** What our readers should give for a PyYAML value. */
function expected(value: PythonValue): unknown {
  if (value[0] === "none") return null;
  if (value[0] === "int") return Number.isSafeInteger(Number(value[1])) ? Number(value[1]) : value[1];
  if (value[0] === "float") return Number(value[1].replace("nan", "NaN").replace("inf", "Infinity"));
  if (value[0] === "list") return value[1].map(expected);
  if (value[0] !== "dict") return value[1];
  const mapping = {};
  for (const [name, member] of value[1])
    Object.defineProperty(mapping, name, {
      value: expected(member),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  return mapping;
}

/** Every scalar in a container as Python's `str()` prints it, with its container. */
function* texts(value: PythonValue, ours: unknown, path: YamlPath = []): Generator<[YamlPath, string, string]> {
  const members: (readonly [string | number, PythonValue])[] =
    value[0] === "list" ? [...value[1].entries()] : value[0] === "dict" ? [...value[1]] : [];
  for (const [key, member] of members) {
    if (member[0] === "list" || member[0] === "dict") {
      yield* texts(member, (ours as Record<string, unknown>)[key], [...path, key]);
    } else {
      const text = member[0] === "none" ? "None" : member[0] === "bool" ? (member[1] ? "True" : "False") : member[1];
      yield [[...path, key], text, pythonText(ours as object, key)];
    }
  }
}

/** Keys in the order of the document; JavaScript puts small integers first. */
function keyOrders(value: PythonValue, ours: unknown): [string[], string[]][] {
  if (value[0] === "list") return value[1].flatMap((item, at) => keyOrders(item, (ours as unknown[])[at]));
  if (value[0] !== "dict") return [];
  const word = (key: string): boolean => !/^(?:0|[1-9]\d*)$/.test(key);
  const here: [string[], string[]] = [
    value[1].map(([key]) => key).filter(word),
    Object.keys(ours as object).filter(word),
  ];
  return [here, ...value[1].flatMap(([key, item]) => keyOrders(item, (ours as Record<string, unknown>)[key]))];
}

type Outcome = { readonly value: unknown } | { readonly refused: string };

async function attempt(read: () => unknown): Promise<Outcome> {
  try {
    return { value: await read() };
  } catch (error) {
    const { code } = error as { code?: string };
    if (!code?.startsWith("ERR_YAML_")) throw error;
    return { refused: code };
  }
}

/** The three readers: js-yaml, js-yaml with positions, and nodes alone (what js-yaml cannot read is left to them). */
const readers: Readonly<Record<string, (text: string) => unknown>> = {
  readYamlFast: (text) => readYamlFast(text),
  readYaml: async (text) => (await readYaml(text)).value,
};

function viaNodes(text: string): unknown {
  const source = { text, file: "f", kind: "job" } as const;
  const nodes = parseNodes(yaml, source, false);
  return nodes.error ? undefined : composeValue(nodes, source, documentLimits);
}

async function compare(text: string): Promise<void> {
  const answer = await python?.load(text);
  const wanted: Outcome = answer?.value ? { value: expected(answer.value) } : { refused: "as PyYAML" };
  for (const [name, read] of Object.entries(readers)) {
    const got = await attempt(() => read(text));
    const shown = "refused" in got && "refused" in wanted ? wanted : got;
    expect(shown, `${name} of ${JSON.stringify(text)}; PyYAML: ${answer?.error ?? "reads it"}`).toEqual(wanted);
    if (!answer?.value || !("value" in got)) continue;
    for (const [path, theirs, ours] of texts(answer.value, got.value)) expect([path, ours]).toEqual([path, theirs]);
    for (const [theirs, ours] of keyOrders(answer.value, got.value)) expect(ours).toEqual(theirs);
  }
  const nodes = await attempt(() => viaNodes(text));
  if ("value" in nodes && nodes.value !== undefined && "value" in wanted)
    expect(nodes, `nodes of ${JSON.stringify(text)}`).toEqual(wanted);
}

// Where we differ on purpose. "reads": PyYAML refuses these, we read them. "refuses": the other way round.
const differences: Readonly<Record<string, "reads" | "refuses">> = {
  "a: !!binary aGk=": "refuses",
  "a: !!set {a, b}": "refuses",
  "a: &a 1\nb: &a 2\nc: *a": "reads",
  "- \t a": "reads",
  "-\ta": "reads",
  "{a:}": "reads",
  "{:0: a}": "reads",
  "a: =": "reads",
  "...": "reads",
  "%FOO bar\n---\na": "reads",
};
/** Texts of the corpus whose reading differs, in ways no job depends on. */
const others = new Set([
  "a: x\u0085y", // YAML 1.1 ends lines at NEL, LS and PS; we take them as characters
  "a: x\u2028y",
  "a: &x:y v", // libyaml ends the anchor at the colon
]);

const corpus: readonly string[] = JSON.parse(readFileSync(new URL("./fixtures/corpus.json", import.meta.url), "utf8"));

test.skipIf(!python)("the corpus is read as PyYAML reads it", async () => {
  for (const text of corpus) if (!(text in differences) && !others.has(text)) await compare(text);
});

test.skipIf(!python).each(Object.entries(differences))("a known difference: %j, we %s it", async (text, ours) => {
  const answer = await python?.load(text);
  expect(answer?.error === undefined).toBe(ours === "refuses");
  for (const read of Object.values(readers))
    expect("refused" in (await attempt(() => read(text)))).toBe(ours === "refuses");
});

// Scalars made of the characters that decide what a plain scalar is.
const plain = fc
  .oneof(
    {
      weight: 6,
      arbitrary: fc.string({
        unit: fc.constantFrom(..."0123456789_.:+-eExXbB~<=ynYNtTrRuUoOfFsSnNaAiIzZ"),
        minLength: 1,
        maxLength: 9,
      }),
    },
    {
      weight: 3,
      arbitrary: fc.constantFrom(
        "yes",
        "No",
        "ON",
        "off",
        "y",
        "true",
        "False",
        "null",
        "~",
        "1:30",
        "010",
        "0x1f",
        "1e3",
        "1.0",
        "2.50",
        "-0.0",
        "1_000",
        ".inf",
        "-.INF",
        ".nan",
        "0b11",
        "08",
      ),
    },
    { weight: 2, arbitrary: fc.stringMatching(/^[+-]?(0x|0b|0)?[0-9a-f_]{1,20}$/) },
    { weight: 2, arbitrary: fc.stringMatching(/^[-+]?[0-9]{1,3}(:[0-6]?[0-9]){1,3}(\.[0-9]{0,2})?$/) },
    { weight: 2, arbitrary: fc.stringMatching(/^[+-]?[0-9_]{0,5}\.[0-9_]{0,5}([eE][-+]?[0-9]{1,3})?$/) },
    {
      weight: 2,
      arbitrary: fc.stringMatching(
        /^20[0-9]{2}-[01]?[0-9]-[0-3]?[0-9]([tT ][0-2]?[0-9]:[0-5][0-9]:[0-5][0-9](\.[0-9]{0,7})?(Z| ?[-+][0-9]{1,2}(:[0-9]{2})?)?)?$/,
      ),
    },
    { weight: 2, arbitrary: fc.stringMatching(/^[a-z]{1,6}( [a-z]{1,4}){0,2}$/) },
  )
  // What these mean depends on the place: indicators, `key: value`, and what libyaml 1.1 and 1.2 see differently.
  .filter(
    (text) => !/^[-?:](?:$|[ :])|^[<=]+$|^---|^\.\.\.|: |:$| #|^[,[\]{}#&*!|>'"%@`]/.test(text) && text.trim() === text,
  );

const words = fc.string({ unit: fc.constantFrom(..."ab yes0189.:_-#'\"\\{}[],&*!|>%@\u00e9\u{1F600}"), maxLength: 12 });
const single = words.map((text) => `'${text.replaceAll("'", "''")}'`);
const double = words.map((text) => JSON.stringify(text));
const tagged = fc
  .tuple(
    fc.constantFrom("!", "!!str", "!!int", "!!float", "!!bool", "!!null"),
    fc.oneof(
      plain,
      plain.map((text) => JSON.stringify(text)),
    ),
  )
  .map(([tag, text]) => `${tag} ${text}`)
  // Behind an explicit tag Python's int() and float() read more than numbers of YAML: `1:-5`, `infinity`.
  .filter((text) => !/^!!(?:int|float).*[:ai]/i.test(text));
const flowSafe = (text: string): boolean => !/[,[\]{}]/.test(text) && !/:[^0-9]|:$|(?:^| ):/.test(text);
const scalar = fc.oneof(
  { weight: 8, arbitrary: plain },
  { weight: 2, arbitrary: single },
  { weight: 2, arbitrary: double },
  { weight: 2, arbitrary: tagged },
);
// Python holds 1, 1.0 and True for one key, 0 and False too.
const ownKey = (text: string): boolean => {
  const value = resolvePlain(text);
  return (
    typeof value !== "boolean" &&
    value !== 0 &&
    value !== 1 &&
    !(value instanceof YamlFloat && Number.isInteger(value.value))
  );
};
const key = fc.oneof(
  { weight: 6, arbitrary: fc.stringMatching(/^[a-f]{1,2}$/) },
  { weight: 2, arbitrary: plain.filter(ownKey) },
  { weight: 1, arbitrary: single },
);

type Tree = string | { readonly list: readonly Tree[]; readonly flow: boolean } | Mapping;
interface Mapping {
  readonly pairs: readonly (readonly [string, Tree])[];
  readonly flow: boolean;
  readonly anchor: boolean;
  /** Which of the anchors before this mapping are merged into it. */
  readonly merges: readonly number[];
}

const { tree } = fc.letrec<{ tree: Tree; list: Tree; mapping: Tree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    { weight: 3, arbitrary: scalar },
    { weight: 2, arbitrary: tie("list") },
    { weight: 3, arbitrary: tie("mapping") },
  ),
  list: fc.record({ list: fc.array(tie("tree"), { maxLength: 4 }), flow: fc.boolean() }),
  mapping: fc.record({
    pairs: fc.array(fc.tuple(key, tie("tree")), { maxLength: 5 }),
    flow: fc.boolean(),
    anchor: fc.boolean(),
    merges: fc.array(fc.nat(6), { maxLength: 2 }),
  }),
}));

/** Writes a tree as YAML in the style each node asks for. */
function write(root: Tree, comments: boolean): string {
  let anchors = 0;
  const finished: string[] = [];
  const flow = (node: Tree): string => {
    if (typeof node === "string")
      return flowSafe(node) || /^['"]/.test(node) ? node : `"${node.replace(/[\\"]/g, "x")}"`;
    if ("list" in node) return `[${node.list.map(flow).join(", ")}]`;
    return `{${node.pairs.map(([name, value]) => `${flow(name)}: ${flow(value)}`).join(", ")}}`;
  };
  const block = (node: Tree, indent: string, inline: boolean): string => {
    if (typeof node === "string") return ` ${node}\n`;
    const empty = "list" in node ? node.list.length === 0 : node.pairs.length === 0;
    if (node.flow || empty) return ` ${flow(node)}\n`;
    const lead = comments ? " # c\n" : "\n";
    if ("list" in node) return lead + node.list.map((item) => `${indent}-${block(item, `${indent}  `, true)}`).join("");
    const name = node.anchor && !inline ? `a${anchors++}` : undefined;
    const merged = node.merges.flatMap((at) => finished[at] ?? []);
    const merge =
      merged.length === 0
        ? ""
        : `${indent}<<: ${merged.length === 1 ? `*${merged[0]}` : `[${merged.map((one) => `*${one}`).join(", ")}]`}\n`;
    const body = node.pairs.map(([label, value]) => `${indent}${label}:${block(value, `${indent}  `, false)}`).join("");
    if (name) finished.push(name);
    return `${name ? ` &${name}` : ""}${lead}${merge}${body}`;
  };
  return `---${block(root, "", false)}`;
}

test.skipIf(!python)(
  "generated documents are read as PyYAML reads them",
  async () => {
    const seed = Number(process.env.BASALT_SEED ?? (soak ? Date.now() % 1_000_000_000 : 20_261_122));
    if (soak) console.log(`YAML documents: seed ${seed}`);
    const property = fc.asyncProperty(tree, fc.boolean(), (root, comments) => compare(write(root, comments)));
    await fc.assert(property, { seed, numRuns: soak ? 50_000 : 2_000 });
  },
  soak ? 600_000 : 60_000,
);

test.skipIf(!python)(
  "generated plain scalars are read as PyYAML reads them",
  async () => {
    const seed = Number(process.env.BASALT_SEED ?? (soak ? Date.now() % 1_000_000_000 : 20_261_122));
    const list = fc.array(scalar, { minLength: 1, maxLength: 12 });
    const property = fc.asyncProperty(list, async (items) => {
      for (const item of items) if (/^!!/.test(item)) await compare(`- ${item}\n`);
      await compare(
        items
          .filter((item) => !/^!!/.test(item))
          .map((item) => `- ${item}\n`)
          .join(""),
      );
    });
    await fc.assert(property, { seed, numRuns: soak ? 20_000 : 400 });
  },
  soak ? 600_000 : 60_000,
);

const folders = ["jobs", "devices"].map((folder) => `${conformance}/${folder}`);
const files = folders.flatMap((folder) =>
  existsSync(folder) ? readdirSync(folder).map((name) => `${folder}/${name}`) : [],
);
if (files.length === 0) console.log(`${conformance} is not there: its jobs and devices are left out`);

test.skipIf(!python || files.length === 0)("every conformance job and device is read as PyYAML reads it", async () => {
  for (const file of files) await compare(readFileSync(file, "utf8"));
  expect(pythonStr([true, null, "it's", 1.5])).toBe(`[True, None, "it's", 1.5]`);
});
