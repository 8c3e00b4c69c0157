import { existsSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fakeJob, openBench } from "../testing/bench.js";

const run = ["run", "job.yaml", "--device", "device.yaml"] as const;

test.each<[string, number, RegExp, object[]]>([
  ["complete, all passed", 0, /Job \d+ complete: 1 passed$/m, [{ do: "result", name: "boots", result: "pass" }]],
  [
    "complete, one failed",
    1,
    /complete: 1 passed, 1 failed$/m,
    [
      { do: "result", name: "a", result: "pass" },
      { do: "result", name: "b", result: "fail" },
    ],
  ],
  ["complete, one skipped", 0, /complete: 1 skipped$/m, [{ do: "result", name: "a", result: "skip" }]],
  [
    "an infrastructure error",
    3,
    /infrastructure error in 1\.1\.2 fake-fail: the fake board failed.*\(ERR_FAKE\)/,
    [{ do: "fail", kind: "infrastructure" }],
  ],
  ["a job error", 4, /^job error in 1\.1\.2 fake-fail/m, [{ do: "fail", kind: "job" }]],
  ["a test error", 4, /^test error in/m, [{ do: "fail", kind: "test" }]],
  ["a configuration error", 2, /^configuration error in/m, [{ do: "fail", kind: "configuration" }]],
  ["a job refused while it is validated", 2, /^job error.*1\.1\.2 fake-refuse: step 0 can't work/m, [{ do: "refuse" }]],
  [
    "a bug",
    70,
    /bug of Basalt in 1\.1\.2 fake-crash: .*undefined is not a function.*This is a bug of Basalt/s,
    [{ do: "crash" }],
  ],
])("%s ends with %i", async (_name, status, message, steps) => {
  using bench = openBench();
  bench.write("job.yaml", fakeJob(steps));
  const command = bench.run(...run);
  expect([await command.status, command.err()]).toEqual([status, ""]);
  expect(command.out()).toMatch(message);
  if (steps[0] && "do" in steps[0] && steps[0].do !== "refuse") expect(bench.power()).toEqual(["on", "off"]);
});

test("a timeout is the job's failure and names its action", async () => {
  using bench = openBench();
  bench.write("job.yaml", fakeJob([{ do: "ignore" }], {}, { timeouts: { "fake-ignore": { seconds: 1 } } }));
  const command = bench.run(...run);
  expect(await command.status).toBe(4);
  expect(command.out()).toMatch(/job error in 1\.1\.2 fake-ignore: fake-ignore timed out after 1 seconds/);
  expect(bench.power()).toEqual(["on", "off"]);
});

test("lines like LAVA's are printed where there is no terminal, the results' table at the end", async () => {
  using bench = openBench();
  const steps = [
    { do: "say", text: "Linux version 6\nlogin: \n" },
    { do: "progress" },
    { do: "result", name: "boots", result: "pass" },
  ];
  bench.write("job.yaml", fakeJob(steps));
  const command = bench.run(...run);
  expect(await command.status).toBe(0);
  const out = command.out();
  expect(out).toMatch(/^\d\d:\d\d:\d\d info {6}start: 1 fake-boot \(timeout [\d:]+\) \[common\]$/m);
  expect(out).toMatch(/^\d\d:\d\d:\d\d target {4}Linux version 6$/m);
  expect(out).toMatch(/ info {6}image: 50%, 500 B of 1\.0 kB$/m);
  expect(out).toMatch(
    /^suite {4}case {3}result {2}measurement\n0_smoke {2}boots {2}pass\n\nJob \d+ complete: 1 passed\n$/m,
  );
  expect(out).not.toContain("\u001b");
});

test("on a terminal: the tree and the console, and in the end all of it", async () => {
  using bench = openBench({ env: { TERM: "xterm" }, terminal: { columns: 80, rows: 30 } });
  bench.write(
    "job.yaml",
    fakeJob([
      { do: "say", text: "Linux version 6\r\n" },
      { do: "fail", kind: "job" },
    ]),
  );
  const command = bench.run(...run);
  expect(await command.status).toBe(4);
  expect(command.out()).toContain("Linux version 6");
  expect(command.out()).toMatch(/✖.* 1\.1\.3 fake-fail/);
  expect(command.out()).toContain("\u001b[?25h");
});

test("--plain prints lines on a terminal, too", async () => {
  using bench = openBench({ env: { TERM: "xterm", NO_COLOR: "1" }, terminal: { columns: 80, rows: 30 } });
  bench.write("job.yaml", fakeJob([]));
  const command = bench.run(...run, "--plain");
  expect(await command.status).toBe(0);
  expect(command.out()).not.toContain("\u001b");
});

test("secrets are masked in the last line, too", async () => {
  using bench = openBench();
  bench.write("job.yaml", fakeJob([{ do: "fail", kind: "job" }], { secrets: { key: "secret-word" } }));
  const command = bench.run(...run);
  expect(await command.status).toBe(4);
  expect(command.out()).toContain("the fake board failed with [MASKED] (ERR_FAKE)");
  expect(command.out()).not.toContain("secret-word");
});

test.each(["SIGINT", "SIGTERM", "SIGHUP", "SIGPIPE"])("%s cancels: the board is off in the end", async (signal) => {
  using bench = openBench();
  bench.write("job.yaml", fakeJob([{ do: "hang" }]));
  const command = bench.run(...run);
  await command.until("fake-hang (timeout");
  command.signal(signal);
  expect(await command.status).toBe(5);
  expect(command.out()).toMatch(/Job \d+ canceled: no tests/);
  expect(bench.power()).toEqual(["on", "off"]);
});

test("a job is canceled while it is read, and while it is validated: nothing is switched on", async () => {
  using bench = openBench();
  bench.write("job.yaml", fakeJob([{ do: "hang-validate" }]));
  const early = bench.run(...run);
  early.signal("SIGINT");
  expect([await early.status, early.out()]).toEqual([5, ""]);
  const command = bench.run(...run);
  await command.until("start: 0 validate");
  command.signal("SIGINT");
  expect(await command.status).toBe(5);
  expect(bench.power()).toEqual([]);
});

test("an action that ignores its signal does not keep the job", async () => {
  using bench = openBench();
  bench.write("job.yaml", fakeJob([{ do: "ignore" }]));
  const command = bench.run(...run);
  await command.until("fake-ignore (timeout");
  command.signal("SIGINT");
  expect(await command.status).toBe(5);
  expect(bench.power()).toEqual(["on", "off"]);
});

test("a second Ctrl-C says what is still being done, a third ends the process", async () => {
  using bench = openBench();
  bench.write("job.yaml", fakeJob([{ do: "hang-cleanup" }, { do: "hang" }]));
  const command = bench.run(...run);
  await command.until("fake-hang (timeout");
  command.signal("SIGINT");
  await command.until("cleanup hangs");
  command.signal("SIGINT");
  expect(command.out()).toMatch(/Still being done: .*Ctrl-C once more ends everything at once/);
  expect(command.killed()).toBeUndefined();
  command.signal("SIGINT");
  expect(command.killed()).toBe(5);
  expect(await command.status).toBe(5);
  expect(bench.power()).toEqual(["on", "off"]);
});

test("an error that nobody caught ends the job as a bug, with the board off", async () => {
  using bench = openBench();
  bench.write("job.yaml", fakeJob([{ do: "hang" }]));
  const command = bench.run(...run);
  await command.until("fake-hang (timeout");
  command.fatal(new RangeError("out of nowhere"));
  expect(await command.status).toBe(70);
  expect(command.out()).toMatch(/bug of Basalt.*out of nowhere/s);
  expect(bench.power()).toEqual(["on", "off"]);
});

test("--output holds the job's log, plan, results and console, and nothing else is left", async () => {
  using bench = openBench();
  const steps = [
    { do: "say", text: "Linux version 6\r\n" },
    { do: "result", name: "boots", result: "pass" },
  ];
  bench.write("job.yaml", fakeJob(steps));
  const command = bench.run(...run, "--output", "out/deep", "--job-id", "4711");
  expect(await command.status).toBe(0);
  const folder = join(bench.folder, "out/deep");
  expect(readdirSync(folder).sort()).toEqual([
    "console.log",
    "description.yaml",
    "junit.xml",
    "output.yaml",
    "results.yaml",
  ]);
  const read = (name: string): string => readFileSync(join(folder, name), "utf8");
  expect(read("console.log")).toBe("Linux version 6\r\n");
  expect(read("output.yaml")).toMatch(/^- \{"dt": "[^"]+", "lvl": "info", "msg": "start: 0 validate"\}$/m);
  expect(read("description.yaml")).toContain("fake-boot");
  expect(read("junit.xml")).toContain('name="boots"');
  expect(command.out()).toContain(`Output: ${folder}\n`);
  expect(existsSync(join(tmpdir(), `basalt-${userInfo().uid}`, "4711"))).toBe(false);
});

test("a canceled job's output is whole and its folder gone, too", async () => {
  using bench = openBench();
  bench.write("job.yaml", fakeJob([{ do: "hang" }]));
  const command = bench.run(...run, "--output", "out", "--job-id", "4712");
  await command.until("fake-hang (timeout");
  const folder = join(tmpdir(), `basalt-${userInfo().uid}`, "4712");
  expect(existsSync(folder)).toBe(true);
  command.signal("SIGINT");
  expect(await command.status).toBe(5);
  expect(readFileSync(join(bench.folder, "out/results.yaml"), "utf8")).toContain("Canceled");
  expect(existsSync(folder)).toBe(false);
});

test.each([
  ["job.yaml", /cannot make folder .*job\.yaml/],
  // Node's own recursive mkdir never comes back from there
  ["/proc/basalt-out", /cannot make folder \/proc\/basalt-out: .*choose another place/],
])("output that can't be written is told before the board is touched: %s", async (output, message) => {
  using bench = openBench();
  bench.write("job.yaml", fakeJob([]));
  const command = bench.run(...run, "--output", output);
  expect(await command.status).toBe(3);
  expect(command.err()).toMatch(message);
  expect(bench.power()).toEqual([]);
});
