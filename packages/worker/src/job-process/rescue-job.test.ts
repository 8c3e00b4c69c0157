import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readYaml } from "@basalt/core";
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

let built: Built;
beforeAll(async () => {
  built = await buildJobProcess();
});
afterAll(() => built[Symbol.dispose]());

/** A job that is killed when its log shows the text. */
async function killedAt(bench: Bench, start: Parameters<typeof makeFolder>[1], text: RegExp): Promise<string> {
  const folder = makeFolder(bench, start);
  const { child, ended } = startProcess(built, bench, [folder]);
  await untilLog(folder, text);
  child.kill("SIGKILL");
  expect(await ended).toBe("SIGKILL");
  return folder;
}

async function rescue(bench: Bench, folder: string, ...more: readonly string[]): Promise<void> {
  const { ended, err } = startProcess(built, bench, ["--rescue", ...more, folder]);
  expect([await ended, err()]).toEqual([0, ""]);
}

const finals = (folder: string): number =>
  logOf(folder).filter((line) => line.includes('"definition": "lava", "case": "job"')).length;

/** Each line is YAML, the last one is the job's result, and end.json counts them. */
async function expectWholeLog(folder: string): Promise<void> {
  const text = readFileSync(join(folder, "output.yaml"), "utf8");
  const { value } = await readYaml(text);
  expect(endOf(folder)).toMatchObject({ lines: (value as unknown[]).length });
  expect(finals(folder)).toBe(1);
  expect(text.trimEnd().split("\n").at(-1)).toContain('"definition": "lava", "case": "job"');
}

test("kill -9: what the job left is gone, the board is off, the log has its end", async () => {
  using bench = openBench();
  const steps = [{ do: "child" }, { do: "pty" }, { do: "lines", count: 50 }, { do: "hang" }];
  const folder = await killedAt(bench, bench.job(steps), /start: 1\.1\.5 fake-hang/);
  const left = childrenOf(folder);
  expect(left).toHaveLength(3);
  // the terminal's program ends with its terminal, the other two live on
  expect(left.filter(lives).length).toBeGreaterThanOrEqual(2);
  expect(bench.left()).not.toEqual([]);
  await rescue(bench, folder, "--how", "killed by SIGKILL");
  expect(left.filter(lives)).toEqual([]);
  expect(bench.power()).toEqual(["on", "off"]);
  expect(bench.left().filter((name) => name.includes("42"))).toEqual([]);
  expect(endOf(folder)).toMatchObject({
    result: "fail",
    errorType: "Infrastructure",
    errorCode: "ERR_JOB_PROCESS_DIED",
    errorMessage: "the job's process died before the job had ended (killed by SIGKILL)",
  });
  await expectWholeLog(folder);
});

test("a container goes with the job, though its program is no child of its client", async () => {
  using bench = openBench();
  // a docker whose `run` ignores being asked to end, as an interactive shell does, and only starts a program elsewhere
  const script = `#!/bin/sh
[ "$1" = run ] && trap '' TERM HUP && echo up > "${bench.path("container")}" && while :; do sleep 1; done
[ "$*" = "rm --force lava-42" ] && rm "${bench.path("container")}"
`;
  const folder = makeFolder(bench, bench.job([{ do: "run", argv: ["docker", "run", "--name=lava-42", "image"] }]));
  writeFileSync(bench.path("docker"), script, { mode: 0o755 });
  const path = `${bench.path(".")}:${process.env.PATH}`;
  const { child, ended } = startProcess(built, bench, [folder], { PATH: path });
  await expect.poll(() => existsSync(bench.path("container")), { timeout: 10_000 }).toBe(true);
  child.kill("SIGKILL");
  await ended;
  const { ended: rescued } = startProcess(built, bench, ["--rescue", folder], { PATH: path });
  expect(await rescued).toBe(0);
  expect(existsSync(bench.path("container"))).toBe(false);
  await expectWholeLog(folder);
});

test("a line that was cut short is told in words", async () => {
  using bench = openBench();
  const folder = await killedAt(bench, bench.job([{ do: "hang" }]), /fake-hang/);
  appendFileSync(
    join(folder, "output.yaml"),
    '- {"dt": "2026-01-01T00:00:00+00:00", "lvl": "target", "msg": "half a li',
  );
  const before = logOf(folder).length - 1;
  await rescue(bench, folder);
  await expectWholeLog(folder);
  expect(logOf(folder)[before]).toMatch(/"lvl": "debug", "msg": "a line of the log was cut short: - \{.*half a li"\}$/);
});

test("a process that died after its log's end keeps its result", async () => {
  using bench = openBench();
  const folder = makeFolder(bench, bench.job([{ do: "pass" }]));
  await startProcess(built, bench, [folder]).ended;
  rmSync(join(folder, "end.json"));
  await rescue(bench, folder);
  expect(endOf(folder)).toMatchObject({ result: "pass" });
  await expectWholeLog(folder);
});

test("a rescue that is killed midway is done again", async () => {
  using bench = openBench();
  const jam = bench.path("jam");
  const folder = await killedAt(bench, bench.job([{ do: "child" }, { do: "hang" }], { power: { jam } }), /fake-hang/);
  writeFileSync(jam, "");
  const first = startProcess(built, bench, ["--rescue", folder]);
  await expect.poll(() => bench.power(), { timeout: 10_000 }).toEqual(["on", "off"]);
  // a second one beside it leaves the folder alone
  await rescue(bench, folder);
  expect(bench.power()).toEqual(["on", "off"]);
  first.child.kill("SIGKILL");
  await first.ended;
  expect(endOf(folder)).toBeUndefined();
  rmSync(jam);
  await rescue(bench, folder);
  expect(bench.power()).toEqual(["on", "off", "off"]);
  expect(endOf(folder)).toMatchObject({ errorCode: "ERR_JOB_PROCESS_DIED" });
  await expectWholeLog(folder);
  const log = readFileSync(join(folder, "output.yaml"));
  await rescue(bench, folder);
  expect(readFileSync(join(folder, "output.yaml")).equals(log)).toBe(true);
});

test("a job whose process lives is left alone", async () => {
  using bench = openBench();
  const folder = makeFolder(bench, bench.job([{ do: "hang" }]));
  const { child, ended } = startProcess(built, bench, [folder]);
  await untilLog(folder, /start: 1\.1\.2 fake-hang/);
  await rescue(bench, folder);
  expect(bench.power()).toEqual(["on"]);
  child.kill("SIGTERM");
  await ended;
  expect(endOf(folder)).toMatchObject({ errorType: "Canceled" });
});

test("a process that died before it ran at all is rescued, too; its last words are told", async () => {
  using bench = openBench();
  const folder = makeFolder(bench, bench.job([], { more: { secrets: { word: "hunter2" } } }));
  writeFileSync(join(folder, "process.err"), "hunter2\nFATAL ERROR: JavaScript heap out of memory\n");
  await rescue(bench, folder);
  expect(endOf(folder)).toMatchObject({ errorMessage: expect.stringMatching(/: \[MASKED\]\n.*heap out of memory$/) });
  expect(bench.power()).toEqual(["off"]);
  await expectWholeLog(folder);
});

test("a board that does not switch off is told, with what the outlet said", async () => {
  using bench = openBench();
  const folder = await killedAt(bench, bench.job([{ do: "hang" }]), /fake-hang/);
  const start = JSON.parse(readFileSync(join(folder, "start.json"), "utf8"));
  const device = JSON.parse(start.device);
  device.power.file = bench.path("no/such/folder");
  writeFileSync(join(folder, "start.json"), JSON.stringify({ ...start, device: JSON.stringify(device) }));
  await rescue(bench, folder);
  expect(endOf(folder)).toMatchObject({
    errorMessage: expect.stringMatching(
      /device could not be switched off, look after it: the outlet does not switch off/,
    ),
  });
  await expectWholeLog(folder);
});

test("a board whose console driver is gone is switched off all the same", async () => {
  using bench = openBench();
  const folder = await killedAt(bench, bench.job([{ do: "hang" }]), /fake-hang/);
  const start = JSON.parse(readFileSync(join(folder, "start.json"), "utf8"));
  const device = { ...JSON.parse(start.device), connections: { uart0: { driver: "gone" } } };
  writeFileSync(join(folder, "start.json"), JSON.stringify({ ...start, device: JSON.stringify(device) }));
  await rescue(bench, folder);
  expect(bench.power()).toEqual(["on", "off"]);
});

test("a canceled job that had to be killed is canceled", async () => {
  using bench = openBench();
  const folder = await killedAt(bench, bench.job([{ do: "hang" }]), /fake-hang/);
  writeFileSync(join(folder, "cancel.json"), '{"at": 1}');
  await rescue(bench, folder);
  expect(endOf(folder)).toMatchObject({ errorType: "Canceled", errorCode: "ERR_JOB_CANCELED" });
  expect(existsSync(join(folder, "rescue.json"))).toBe(true);
  expect(bench.power()).toEqual(["on", "off"]);
});
