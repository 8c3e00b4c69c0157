import type { describePipeline } from "@basalt/core";
import { expect, test } from "vitest";
import { fakeJob, openBench } from "./testing/bench.js";

test.each<[string[], number, RegExp]>([
  [["plan", "job.yaml", "--devise", "x"], 2, /unknown option '--devise'\s+\(Did you mean --device\?\)/],
  [["validat", "job.yaml"], 2, /unknown command 'validat'\s+\(Did you mean validate\?\)/],
  [["run", "job.yaml"], 2, /required option '-d, --device <file>' not specified/],
  [["run"], 2, /missing required argument 'job'/],
  [["plan", "job.yaml", "-d", "x", "--format", "xml"], 2, /'xml' is invalid.*tree, json/],
  [["plan", "job.yaml", "extra", "-d", "device.yaml"], 2, /too many arguments/],
  [["run", "job.yaml", "-d", "device.yaml", "--job-id", "seven"], 2, /--job-id seven: a job's id is a number/],
  [["plan", "nowhere.yaml", "-d", "device.yaml"], 2, /can't read the job nowhere.yaml: there is no such file/],
  [["plan", "job.yaml", "-d", "nowhere.yaml"], 2, /can't read the device nowhere.yaml/],
  [["plan", "job.yaml", "-d", "device.yaml", "--config", "nowhere.yaml"], 2, /can't read the settings/],
])("%j is refused", async (argv, status, message) => {
  using bench = openBench();
  bench.write("job.yaml", fakeJob([]));
  const command = bench.run(...argv);
  expect(await command.status).toBe(status);
  expect(command.err()).toMatch(message);
  expect(command.out()).toBe("");
});

test.each([["--help"], ["run", "--help"], ["plan", "--help"], ["validate", "--help"], ["schema", "--help"]])(
  "%s %s has examples",
  async (...argv) => {
    using bench = openBench();
    const command = bench.run(...argv.filter((word) => word !== undefined));
    expect(await command.status).toBe(0);
    expect(command.out()).toContain("Examples:\n  $ basalt ");
  },
);

test("without a command the help is an error", async () => {
  using bench = openBench();
  const command = bench.run();
  expect(await command.status).toBe(2);
  expect(command.err()).toContain("Usage: basalt");
});

test("the version is printed", async () => {
  using bench = openBench();
  const command = bench.run("--version");
  expect(await command.status).toBe(0);
  expect(command.out()).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test("a plan as a tree: levels, timeouts, tries", async () => {
  using bench = openBench();
  bench.write("job.yaml", fakeJob([{ do: "pass" }], {}, { failure_retry: 3, timeout: { minutes: 3 } }));
  const command = bench.run("plan", "job.yaml", "--device", "device.yaml");
  expect(await command.status).toBe(0);
  expect(command.out().split("\n")).toEqual([
    "a job on fake01, job timeout 00:05:00",
    "",
    "action                 timeout   tries          url",
    "1 fake-boot            00:03:00",
    "└─ 1.1 fake-retry      00:03:00  up to 3 tries",
    "   ├─ 1.1.1 power-on   00:01:00",
    "   └─ 1.1.2 fake-pass  00:01:00",
    "2 finalize             00:00:01",
    "├─ 2.1 power-off       00:00:30",
    "└─ 2.2 read-feedback   00:00:30",
    "",
  ]);
  expect(bench.power()).toEqual([]);
});

test("a plan as JSON is what core describes", async () => {
  using bench = openBench();
  bench.write("job.yaml", fakeJob([{ do: "pass" }]));
  const command = bench.run("plan", "job.yaml", "--device", "device.yaml", "--format", "json");
  expect(await command.status).toBe(0);
  const [boot, finalize] = JSON.parse(command.out()) as ReturnType<typeof describePipeline>;
  expect(boot).toMatchObject({ name: "fake-boot", level: "1", max_retries: 1, timeout: 30 });
  expect(Object.keys(boot?.pipeline?.[0]?.pipeline?.[0] ?? {})).toEqual(["name", "level", "max_retries", "timeout"]);
  expect(finalize).toMatchObject({ name: "finalize", level: "2", timeout: 1 });
});

test("on a terminal the plan is coloured, unless NO_COLOR says no", async () => {
  const terminal = { columns: 80, rows: 24 };
  for (const [env, coloured] of [
    [{ TERM: "xterm" }, true],
    [{ TERM: "xterm", NO_COLOR: "1" }, false],
    [{ TERM: "dumb" }, false],
  ] as const) {
    using bench = openBench({ env, terminal });
    bench.write("job.yaml", fakeJob([]));
    const command = bench.run("plan", "job.yaml", "--device", "device.yaml");
    expect(await command.status).toBe(0);
    expect(command.out().includes("\u001b[")).toBe(coloured);
  }
});

test("an order that can't work is refused with what is missing", async () => {
  using bench = openBench();
  bench.write("job.yaml", fakeJob([], {}, { needy: true }));
  const command = bench.run("run", "job.yaml", "--device", "device.yaml");
  expect(await command.status).toBe(2);
  expect(command.err()).toMatch(/1\.2 needy needs 'fake\.nothing' of namespace 'common'.*ERR_PLAN_UNMET/s);
  expect(bench.power()).toEqual([]);
});

test("drivers that nobody has are refused while planning", async () => {
  using bench = openBench();
  bench.write("job.yaml", fakeJob([]));
  bench.write("other.yaml", {
    constants: {},
    parameters: {},
    timeouts: { actions: {}, connections: {} },
    power: { driver: "fake-outlets" },
  });
  const command = bench.run("plan", "job.yaml", "--device", "other.yaml");
  expect(await command.status).toBe(2);
  expect(command.err()).toMatch(/ERR_DRIVER_UNKNOWN/);
  expect(command.err()).toMatch(/Did you mean 'fake-outlet'\?/);
});

test("what a device tells its drivers is checked, all of it", async () => {
  using bench = openBench();
  bench.write("job.yaml", fakeJob([]));
  const base = { hostname: "b1", constants: {}, parameters: {}, timeouts: { actions: {}, connections: {} } };
  bench.write("other.yaml", { ...base, power: { driver: "fake-outlet", fle: "x", number: "three" } });
  for (const command of ["run", "validate"]) {
    const refused = bench.run(command, "job.yaml", "--device", "other.yaml");
    expect(await refused.status).toBe(2);
    expect(refused.err()).toContain(
      "device b1: power: 'file' is missing; power: 'fle' is not known, did you mean 'file'?; power.number: must be integer",
    );
  }
});

test("an unknown method names the nearest and all there are", async () => {
  using bench = openBench();
  bench.write("job.yaml", { ...fakeJob([]), actions: [{ boot: { method: "quemu" } }] });
  const command = bench.run("plan", "job.yaml", "--device", "device.yaml");
  expect(await command.status).toBe(2);
  expect(command.err()).toMatch(/job\.yaml:1:\d+: error: actions\[0\]\.boot\.method: .*did you mean qemu\?/);
  expect(command.err()).toMatch(/expected: one of .*fake.*minimal.*qemu/);
});

test("unknown keys are warnings, and errors when strict", async () => {
  using bench = openBench();
  bench.write("job.yaml", fakeJob([], { job_nmae: "x" }));
  bench.write("good.yaml", fakeJob([]));
  const loose = bench.run("validate", "good.yaml", "job.yaml");
  expect(await loose.status).toBe(0);
  expect(loose.out()).toBe("good.yaml: ok\njob.yaml: ok\n");
  expect(loose.err()).toMatch(/^job\.yaml:1:\d+: warning: job_nmae: .*did you mean job_name\?/);
  const strict = bench.run("validate", "job.yaml", "good.yaml", "--strict");
  expect(await strict.status).toBe(2);
  expect(strict.out()).toBe("job.yaml: refused\ngood.yaml: ok\n");
  expect(strict.err()).toMatch(/job\.yaml:1:\d+: error: job_nmae/);
});

test("validate tells every problem with its place, also of YAML", async () => {
  using bench = openBench();
  bench.write(
    "bad.yaml",
    "job_name: x\ntimeouts: {job: {minutes: 5}}\nvisibility: publik\nactions:\n- boot:\n    method: fake\n    timeout: {hours: 1}\n",
  );
  bench.write("worse.yaml", "job_name: [\n");
  const command = bench.run("validate", "bad.yaml", "worse.yaml");
  expect(await command.status).toBe(2);
  expect(command.err()).toMatch(/bad\.yaml:3:13: error: visibility/);
  expect(command.err()).toMatch(/bad\.yaml:7:\d+: error: actions\[0\]\.boot\.timeout/);
  expect(command.err()).toMatch(/worse\.yaml:\d+:\d+: cannot be read as YAML/);
});

test("with a device, validate also plans", async () => {
  using bench = openBench();
  bench.write("job.yaml", fakeJob([], {}, { needy: true }));
  expect(await bench.run("validate", "job.yaml").status).toBe(0);
  expect(await bench.run("validate", "job.yaml", "--device", "device.yaml").status).toBe(2);
});

test("the schema has all plugins' methods", async () => {
  using bench = openBench();
  const command = bench.run("schema");
  expect(await command.status).toBe(0);
  const schema = JSON.parse(command.out()) as { $schema: string };
  expect(schema.$schema).toBe("https://json-schema.org/draft/2020-12/schema");
  for (const method of ["tmpfs", "qemu", "minimal", "fake", "definitions"])
    expect(command.out()).toContain(`"${method}"`);
});

test("plugins come from the settings of the folder, too", async () => {
  using bench = openBench();
  bench.write("basalt.config.yaml", "plugins: [no-such-plugin]\n");
  bench.write("job.yaml", fakeJob([]));
  const missing = bench.run("plan", "job.yaml", "--device", "device.yaml");
  expect(await missing.status).toBe(2);
  expect(missing.err()).toMatch(/no-such-plugin is not installed/);
  bench.write("basalt.config.yaml", "plugin: []\n");
  const mistyped = bench.run("plan", "job.yaml", "--device", "device.yaml");
  expect(await mistyped.status).toBe(2);
  expect(mistyped.err()).toMatch(/'plugin' is not a setting, did you mean 'plugins'\?/);
});

test("names that the settings allow in a job's context are no error", async () => {
  using bench = openBench();
  bench.write("job.yaml", fakeJob([], { context: { lab_color: "red" } }));
  const refused = bench.run("validate", "job.yaml");
  expect(await refused.status).toBe(2);
  expect(refused.err()).toContain("jobs may not set the context variable lab_color");
  bench.write("basalt.config.yaml", "extra_context_variables: [lab_color]\n");
  for (const more of [[], ["-d", "device.yaml"]])
    expect(await bench.run("validate", "job.yaml", ...more).status, more.join(" ")).toBe(0);
});
