import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BasaltError, JournalEvent, ResultRecord } from "@basalt/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parse } from "yaml";
import { AppendFile } from "./append-file.js";
import { junitXml } from "./junit-xml.js";
import { openOutputFolder } from "./output-folder.js";

let base = "";
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), "basalt-journal-"));
});
afterEach(() => rm(base, { recursive: true, force: true }));

const log = (message: string): JournalEvent => ({ type: "log", at: 0, level: "info", message });
const result = (record: Partial<ResultRecord>): JournalEvent => ({
  type: "result",
  at: 1_000,
  result: { definition: "0_smoke", case: "uname", result: "pass", ...record },
});
const say = (namespace: string, text: string): JournalEvent => ({ type: "console", at: 0, namespace, text });

test("writes LAVA's files of a job", async () => {
  const folder = await openOutputFolder({ path: join(base, "deep/out") });
  folder.append(log("start: 1 deploy"));
  folder.append(say("common", "login: "));
  folder.append(say("other", "=> "));
  folder.append(say("common", "root\r\n"));
  folder.append(result({ measurement: "3.5", units: "s", level: "1.2", duration: "0.50" }));
  folder.append(result({ case: "yes", result: "fail", set: "on", error_msg: 'a "b" <c>' }));
  await folder.finish();
  await folder[Symbol.asyncDispose]();
  const read = (name: string) => readFile(join(base, "deep/out", name), "utf8");
  const lines = (await read("output.yaml")).trimEnd().split("\n");
  expect(lines[0]).toBe('- {"dt": "1970-01-01T00:00:00+00:00", "lvl": "info", "msg": "start: 1 deploy"}');
  expect(lines).toHaveLength(3);
  expect(await read("console.log")).toBe("login: \n--- other ---\n=> \n--- common ---\nroot\r\n");
  expect(parse(await read("results.yaml"), { version: "1.1" })).toEqual([
    {
      name: "uname",
      suite: "0_smoke",
      result: "pass",
      measurement: "3.5",
      unit: "s",
      level: "1.2",
      logged: "1970-01-01T00:00:01+00:00",
      metadata: { duration: "0.50" },
    },
    {
      name: "yes",
      suite: "0_smoke",
      result: "fail",
      logged: "1970-01-01T00:00:01+00:00",
      metadata: { set: "on", error_msg: 'a "b" <c>' },
    },
  ]);
  expect(await read("junit.xml")).toContain('tests="2" failures="1"');
});

test("a job's many lines come in order and whole, however fast", async () => {
  const file = await AppendFile.open(join(base, "file"), () => {});
  for (let line = 0; line < 50_000; line++) {
    file.append(`${line} héllo\n`);
    if (line % 9_000 === 0) await file.flush();
  }
  await file[Symbol.asyncDispose]();
  const lines = (await readFile(file.path, "utf8")).split("\n");
  expect(lines).toHaveLength(50_001);
  expect(lines.slice(0, -1).every((line, index) => line === `${index} héllo`)).toBe(true);
});

test("texts of any length and script come whole, one that is cut inside a character too", async () => {
  const file = await AppendFile.open(join(base, "file"), () => {});
  const texts = [
    "a",
    "é".repeat(8_191),
    "\u{1f600}".repeat(50_000),
    "x".repeat(300_000),
    "",
    "–\n",
    "y".repeat(262_144),
  ];
  for (const text of texts) {
    file.append(text);
    if (text.length < 3) await file.flush();
  }
  file.append(`${"z".repeat(8_191)}\ud83d`);
  file.append("\ude00");
  await file[Symbol.asyncDispose]();
  expect(await readFile(file.path, "utf8")).toBe(`${texts.join("")}${"z".repeat(8_191)}\u{1f600}`);
});

test("what was added last is there when the process ends without a word", async () => {
  const script = join(base, "script.ts");
  await writeFile(
    script,
    `import { AppendFile } from ${JSON.stringify(join(import.meta.dirname, "append-file.ts"))};
     const file = await AppendFile.open(${JSON.stringify(join(base, "log"))}, () => {});
     for (let n = 0; n < 200_000; n++) file.append(n + "\\n");
     await new Promise((resolve) => setImmediate(resolve));
     for (let n = 200_000; n < 200_100; n++) file.append(n + "\\n");
     process.exit(7);`,
  );
  const bundle = join(base, "script.mjs");
  execFileSync(
    "npx",
    [
      "esbuild",
      script,
      "--bundle",
      "--platform=node",
      "--format=esm",
      "--conditions=@basalt/source",
      `--outfile=${bundle}`,
      "--log-level=error",
    ],
    { cwd: import.meta.dirname },
  );
  expect(() => execFileSync(process.execPath, [bundle])).toThrow(expect.objectContaining({ status: 7 }));
  const lines = (await readFile(join(base, "log"), "utf8")).split("\n");
  expect(lines).toHaveLength(200_101);
  expect(lines[200_099]).toBe("200099");
});

test("a full disk is told once, as the lab's trouble, and stops nothing", async () => {
  const failures: BasaltError[] = [];
  const file = await AppendFile.open("/dev/full", (error) => failures.push(error));
  for (let n = 0; n < 3; n++) {
    file.append("text\n");
    await file.flush();
  }
  expect(failures).toHaveLength(1);
  expect(failures[0]).toMatchObject({ code: "ERR_DISK_FULL", kind: "infrastructure" });
  expect(failures[0]?.message).toContain("/dev/full");
  await file[Symbol.asyncDispose]();
});

test("an output folder that can't be made is refused with its path", async () => {
  await writeFile(join(base, "file"), "");
  await expect(openOutputFolder({ path: join(base, "file/out") })).rejects.toThrow(/file\/out/);
});

const python = (script: string, input: string): string =>
  execFileSync("/usr/bin/python3", ["-c", script], { input, encoding: "utf8" });

test("JUnit: suites by definition, sets as prefix, verdicts, and no character that XML can't hold", () => {
  const records: Partial<ResultRecord>[] = [
    {
      definition: "lava",
      case: "job",
      result: "fail",
      error_msg: 'bad\u0000\u001b[0m \ud800 <&">\nend',
      error_type: "Job",
    },
    { set: "net", case: "ping\u{1f600}" },
    { case: "skipped", result: "skip" },
    { case: "odd", result: "unknown" },
    { case: "fast", measurement: 3, units: "MB/s", duration: "1.25" },
  ];
  const xml = junitXml(
    records.map((record) => ({ at: 0, result: (result(record) as { result: ResultRecord }).result })),
  );
  const seen = python(
    `import sys, json, xml.etree.ElementTree as e
root = e.fromstring(sys.stdin.buffer.read())
print(json.dumps([[s.attrib, [[c.attrib, [[k.tag, k.attrib] for k in c]] for c in s]] for s in root]))`,
    xml,
  );
  const [lava, smoke] = JSON.parse(seen);
  expect(lava[0]).toMatchObject({ name: "lava", tests: "1", failures: "1" });
  expect(lava[1][0][1]).toEqual([["failure", { message: 'bad\ufffd\ufffd[0m \ufffd <&">\nend', type: "Job" }]]);
  expect(smoke[0]).toMatchObject({
    name: "0_smoke",
    tests: "4",
    failures: "0",
    errors: "1",
    skipped: "1",
    time: "1.25",
  });
  const cases = smoke[1] as [{ name: string; classname: string }, [string][]][];
  expect(cases.map(([attributes, children]) => [attributes.name, children.map(([tag]) => tag)])).toEqual([
    ["net/ping\u{1f600}", []],
    ["skipped", ["skipped"]],
    ["odd", ["error"]],
    ["fast", ["properties"]],
  ]);
});
