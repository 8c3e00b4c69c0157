import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type Bench,
  type Built,
  buildJobProcess,
  childrenOf,
  endOf,
  lives,
  logOf,
  makeFolder,
  openBench,
  startProcess,
  untilLog,
} from "../testing/bench.js";
import { runJobProcess } from "./run-job-process.js";

// Job processes are real ones, over folders as the daemon makes them.

let built: Built;
beforeAll(async () => {
  built = await buildJobProcess();
});
afterAll(() => built[Symbol.dispose]());

/** Every job's log ends with one `lava.job` result, and end.json counts its lines. */
function expectWholeLog(folder: string): void {
  const lines = logOf(folder);
  expect(lines.at(-1)).toBe("");
  expect(endOf(folder)).toMatchObject({ lines: lines.length - 1 });
  expect(lines.filter((line) => line.includes('"definition": "lava", "case": "job"'))).toHaveLength(1);
  expect(lines.at(-2)).toContain('"definition": "lava", "case": "job"');
}

async function run(bench: Bench, start: Parameters<typeof makeFolder>[1]): Promise<string> {
  const folder = makeFolder(bench, start);
  const { ended, err } = startProcess(built, bench, [folder]);
  expect([await ended, err()]).toEqual([0, ""]);
  return folder;
}

test("a job runs into its folder and leaves nothing else", async () => {
  using bench = openBench();
  const folder = await run(bench, bench.job([{ do: "lines", count: 3 }]));
  expect(endOf(folder)).toEqual({ result: "pass", lines: expect.any(Number), endedAt: expect.any(Number) });
  expectWholeLog(folder);
  expect(logOf(folder).filter((line) => line.includes('"target"'))).toHaveLength(3);
  expect(bench.power()).toEqual(["on", "off"]);
  expect(bench.left()).toEqual([]);
});

test("what a job's actions left running ends with it", async () => {
  using bench = openBench();
  const folder = await run(bench, bench.job([{ do: "child" }]));
  const left = childrenOf(folder);
  expect(left).toHaveLength(2);
  expect(left.filter(lives)).toEqual([]);
});

test("a job that fails tells its code; secrets are masked everywhere", async () => {
  using bench = openBench();
  const more = { secrets: { word: "secret-word" } };
  const folder = await run(bench, bench.job([{ do: "fail", kind: "infrastructure" }], { more }));
  expect(endOf(folder)).toMatchObject({
    result: "fail",
    errorType: "Infrastructure",
    errorCode: "ERR_FAKE",
    errorMessage: "the fake board failed with [MASKED]",
  });
  expectWholeLog(folder);
});

test.each([
  ["a bad definition", { definition: "job_name: x\nactions: []\n" }, "Job", "ERR_JOB_INVALID"],
  ["a definition that is no YAML", { definition: "a: [" }, "Job", /^ERR_YAML/],
  ["a bad device", { device: "a: [" }, "Configuration", /^ERR_YAML/],
  ["bad settings of the server", { env: "a: [" }, "Configuration", /^ERR_YAML/],
] as const)("%s ends the job in words", async (_what, start, errorType, errorCode) => {
  using bench = openBench();
  const folder = await run(bench, bench.job([], { start }));
  expect(endOf(folder)).toMatchObject({ result: "fail", errorType, errorCode: expect.stringMatching(errorCode) });
  expectWholeLog(folder);
  expect(bench.power()).toEqual([]);
});

test("a job whose plugin is not here ends in words", async () => {
  using bench = openBench();
  const folder = await run(bench, bench.job([], { method: "fastboat" }));
  expect(endOf(folder)).toMatchObject({ errorType: "Job", errorMessage: expect.stringContaining("fastboat") });
  expectWholeLog(folder);
});

test("numbers that differ end the job at once, naming both sides; the board is not touched", async () => {
  using bench = openBench();
  const folder = await run(bench, bench.job([], { method: "fake-new", start: { compatibility: 3 } }));
  expect(endOf(folder)).toMatchObject({
    result: "fail",
    errorType: "Configuration",
    errorCode: "ERR_COMPATIBILITY_MISMATCH",
    errorMessage: expect.stringMatching(
      /server \(version 9\.9\.9\) has compatibility 3.*worker \(version 1\.2\.3\) has 7\. Upgrade the server/,
    ),
  });
  expectWholeLog(folder);
  expect(bench.power()).toEqual([]);
});

test("numbers that agree need no equal versions", async () => {
  using bench = openBench();
  expect(endOf(await run(bench, bench.job([], { method: "fake-new" })))).toMatchObject({ result: "pass" });
});

test("env.yaml shapes the job's programs, env-dut.yaml goes to the device, dispatcher.yaml to the host", async () => {
  using bench = openBench();
  const names = ["HOME", "LANG", "http_proxy", "BASALT_JOB_FOLDER"];
  const env = "removes: [HOME]\noverrides: {LANG: C.UTF-8, http_proxy: 'http://proxy:3128'}\n";
  const start = { env, envDut: "overrides: {COLOR: red}\n", dispatcher: "prefix: lab-\n" };
  const folder = await run(bench, bench.job([{ do: "environment", names }], { start }));
  const log = logOf(folder).join("\n");
  expect(log).toContain(`environment BASALT_JOB_FOLDER=${folder} LANG=C.UTF-8 http_proxy=http://proxy:3128"`);
  expect(log).toContain('device\'s {\\"COLOR\\":\\"red\\"}');
});

test("SIGTERM cancels: the board is off", async () => {
  using bench = openBench();
  const folder = makeFolder(bench, bench.job([{ do: "hang" }]));
  const { child, ended } = startProcess(built, bench, [folder]);
  await untilLog(folder, /start: 1\.1\.2 fake-hang/);
  child.kill("SIGTERM");
  expect(await ended).toBe(0);
  expect(endOf(folder)).toMatchObject({ result: "fail", errorType: "Canceled", errorCode: "ERR_JOB_CANCELED" });
  expectWholeLog(folder);
  expect(bench.power()).toEqual(["on", "off"]);
  expect(bench.left()).toEqual([]);
});

test("a second SIGTERM says what is still being done, a third ends the process at once", async () => {
  using bench = openBench();
  const power = { jam: bench.path("jam") };
  writeFileSync(power.jam, "");
  const folder = makeFolder(bench, bench.job([{ do: "hang" }], { power }));
  const { child, ended, err } = startProcess(built, bench, [folder]);
  await untilLog(folder, /start: 1\.1\.2 fake-hang/);
  child.kill("SIGTERM");
  await untilLog(folder, /start: 2\.1 power-off/);
  child.kill("SIGTERM");
  await expect.poll(err).toContain("SIGTERM again: still being done: 2.1 power-off");
  child.kill("SIGTERM");
  expect(await ended).toBe(5);
  expect(endOf(folder)).toBeUndefined();
});

test("a job that was canceled before it began touches nothing", async () => {
  using bench = openBench();
  const folder = makeFolder(bench, bench.job([{ do: "hang" }]));
  writeFileSync(join(folder, "cancel.json"), '{"at": 1}');
  expect(await startProcess(built, bench, [folder]).ended).toBe(0);
  expect(endOf(folder)).toMatchObject({ errorType: "Canceled" });
  expectWholeLog(folder);
  expect(bench.power()).toEqual([]);
});

test("an error that nobody caught is a bug, and the board is off", async () => {
  using bench = openBench();
  const folder = await run(bench, bench.job([{ do: "reject" }]));
  expect(endOf(folder)).toMatchObject({ errorType: "Bug", errorMessage: expect.stringContaining("nobody catches") });
  expect(bench.power()).toEqual(["on", "off"]);
});

test("a folder is run once, even by two processes at the same time", async () => {
  using bench = openBench();
  const folder = makeFolder(bench, bench.job([{ do: "pass" }]));
  const both = [startProcess(built, bench, [folder]), startProcess(built, bench, [folder])];
  // the one that came second goes by itself, or with what the job leaves
  expect(await Promise.all(both.map(({ ended }) => ended))).toContain(0);
  expectWholeLog(folder);
  expect(bench.power()).toEqual(["on", "off"]);
});

test("what is secret is in no argument and no environment of the process", async () => {
  using bench = openBench();
  const start = { env: "overrides: {TOKEN: hunter2}\n" };
  const folder = makeFolder(bench, bench.job([{ do: "child" }, { do: "hang" }], { start }));
  const { child, ended } = startProcess(built, bench, [folder]);
  await untilLog(folder, /start: 1\.1\.3 fake-hang/);
  const { readFileSync } = await import("node:fs");
  for (const file of ["cmdline", "environ"])
    expect(readFileSync(`/proc/${child.pid}/${file}`, "utf8")).not.toContain("hunter2");
  child.kill("SIGKILL");
  await ended;
  await startProcess(built, bench, ["--rescue", folder]).ended;
});

test("the set-up's own failure ends the job in words", async () => {
  using bench = openBench();
  const folder = makeFolder(bench, bench.job([]));
  const { configurationError, systemClock } = await import("@basalt/core");
  const never = (): (() => void) => () => {};
  const end = await runJobProcess(folder, {
    clock: systemClock,
    version: "1",
    setUp: async () => {
      throw configurationError("ERR_CONFIG_INVALID", "basalt.config.yaml: 'plugin' is not a setting");
    },
    signals: { onSignal: never, onFatal: never, kill: () => {} },
  });
  expect(end).toMatchObject({ errorType: "Configuration", errorCode: "ERR_CONFIG_INVALID", lines: 2 });
  expectWholeLog(folder);
});
