import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openBench } from "./testing/bench.js";

const dictionary = "{% extends 'board.jinja2' %}\n{% set memory = 1024 %}\n";
const type = "memory: {{ memory | default(512) }}\ncpu: {{ cpu | default('max') }}\n";

function openTemplates() {
  const bench = openBench();
  bench.write("types/board.jinja2", type);
  bench.write("devices/pinned.jinja2", dictionary);
  bench.write("devices/open.jinja2", "{% extends 'board.jinja2' %}\n");
  return bench;
}

const folders = ["--templates", "devices", "--templates", "types"];

test("a template is rendered byte for byte; the context fills what nobody set", async () => {
  using bench = openTemplates();
  const pinned = bench.run("render", "pinned", "--context", "memory=2048", "--context", "cpu=host", ...folders);
  expect(await pinned.status).toBe(0);
  expect(pinned.out()).toBe("memory: 1024\ncpu: host");
  const open = bench.run("render", "open.jinja2", "--context", "memory=2048", ...folders);
  await open.status;
  expect(open.out()).toBe("memory: 2048\ncpu: max");
});

test("a file is rendered, too; templates beside it come first", async () => {
  using bench = openTemplates();
  const command = bench.run("render", "devices/pinned.jinja2", "--templates", "types");
  expect(await command.status).toBe(0);
  expect(command.out()).toContain("memory: 1024");
});

test("a job brings its context, --context beats it", async () => {
  using bench = openTemplates();
  bench.write("job.yaml", "job_name: x\ncontext: {memory: 2048, cpu: a57}\n");
  const command = bench.run("render", "open", "--job", "job.yaml", "--context", "cpu=a72", ...folders);
  expect(await command.status).toBe(0);
  expect(command.out()).toBe("memory: 2048\ncpu: a72");
});

test("--out writes NAME.yaml each, and nothing when one of them fails", async () => {
  using bench = openTemplates();
  bench.write("devices/broken.jinja2", "{% if %}");
  const failing = bench.run("render", "open", "broken", "--out", "rendered", ...folders);
  expect(await failing.status).toBe(2);
  expect(failing.err()).toMatch(/broken\.jinja2.*1/s);
  expect(existsSync(join(bench.folder, "rendered"))).toBe(false);
  const command = bench.run("render", "open", "pinned", "--out", "rendered", ...folders);
  expect(await command.status).toBe(0);
  expect(readFileSync(join(bench.folder, "rendered/pinned.yaml"), "utf8")).toBe("memory: 1024\ncpu: max");
});

test.each([
  [["render", "none", ...folders], /no template 'none'.*devices/s],
  [["render", "open", "--context", "memory", ...folders], /--context memory: expected KEY=VALUE/],
  [["device", "check", "open", ...folders], /open.*constants/s],
])("%j is refused", async (argv, message) => {
  using bench = openTemplates();
  const command = bench.run(...argv);
  expect(await command.status).toBe(2);
  expect(command.err()).toMatch(message);
});

test("device check says what a test author may still override", async () => {
  using bench = openTemplates();
  bench.write("devices/qemu-01.jinja2", "{% extends 'qemu.jinja2' %}\n{% set memory = 1024 %}\n");
  const command = bench.run("device", "check", "qemu-01", ...folders);
  expect(await command.status).toBe(0);
  expect(command.out()).toContain("qemu-01: ok");
  expect(command.out()).toMatch(/^ {2}cpu +- -cpu max +- -cpu <cpu>$/m);
  expect(command.out()).not.toMatch(/^ {2}memory/m);
});

test("device check looks at what its drivers are told, and tells repeated keys", async () => {
  using bench = openTemplates();
  const power = (settings: string) => `{% extends 'base-serial.jinja2' %}\n{% set power = ${settings} %}\n`;
  bench.write("devices/typo.jinja2", power("{'driver': 'snmp', 'host': 'pdu', 'outlet': 3, 'modle': 'apc'}"));
  bench.write("devices/none.jinja2", power("{'driver': 'tasmotta', 'url': 'x'}"));
  bench.write(
    "devices/twice.jinja2",
    "{% extends 'base-serial.jinja2' %}\n{% block constants %}  boot_retry: 3{% endblock %}",
  );
  const typo = bench.run("device", "check", "typo", ...folders);
  expect([await typo.status, typo.err()]).toEqual([2, expect.stringContaining("did you mean 'model'?")]);
  const none = bench.run("device", "check", "none", ...folders);
  expect([await none.status, none.err()]).toEqual([2, expect.stringContaining("Did you mean 'tasmota'?")]);
  const twice = bench.run("device", "check", "twice", ...folders);
  expect([await twice.status, twice.err()]).toEqual([0, expect.stringContaining('"boot_retry" was already given')]);
});

const job =
  "job_name: x\ndevice_type: qemu\nvisibility: public\ntimeouts: {job: {minutes: 5}}\ncontext: {arch: arm64, boot_retry: 3}\nactions:\n- boot: {method: qemu}\n";

test("plan takes a dictionary, rendered with the job's context", async () => {
  using bench = openTemplates();
  bench.write("devices/qemu-01.jinja2", "{% extends 'qemu.jinja2' %}\n");
  bench.write("job.yaml", job);
  const command = bench.run("plan", "job.yaml", "--device", "devices/qemu-01.jinja2", "--format", "json");
  expect(await command.status, command.err()).toBe(0);
  expect(JSON.parse(command.out())[0]).toMatchObject({ name: "boot-image-retry", max_retries: 3 });
});

test("folders of templates may stand in the settings", async () => {
  using bench = openTemplates();
  bench.write("basalt.config.yaml", "templates: [devices, types]\n");
  const command = bench.run("render", "pinned");
  expect(await command.status).toBe(0);
  expect(command.out()).toContain("memory: 1024");
});

test.each([
  ["render", "devices/open.jinja2"],
  ["device", "check", "devices/open.jinja2"],
  ["plan", "job.yaml", "--device", "devices/open.jinja2"],
])("%s %s: a template that is missing is told with the folders where it was looked for", async (...argv) => {
  using bench = openTemplates();
  bench.write("job.yaml", "job_name: x\nactions: []\n");
  const command = bench.run(...argv, "--templates", "devices", "--templates", "typos");
  expect(await command.status).toBe(2);
  expect(command.err()).toContain("board.jinja2 (TemplateNotFound)");
  expect(command.err()).toContain(
    `nor in ${join(bench.folder, "devices")}, ${join(bench.folder, "typos")} (there is no such folder), nor among our own types`,
  );
});
