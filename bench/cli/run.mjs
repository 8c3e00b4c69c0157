// CPU time of the command: `basalt run` until the job's first action begins, `basalt plan` as a whole process. The job is the example's
// (deploy to tmpfs, boot qemu, a test shell) with files of its own, so that nothing is downloaded and no machine is started.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const limitMs = 250;
const runs = Number(process.env.BASALT_BENCH_RUNS ?? 15);
const root = fileURLToPath(new URL("../..", import.meta.url));
const basalt = join(root, "packages/cli/bin/basalt.js");
const probe = new URL("probe.mjs", import.meta.url).href;
const folder = mkdtempSync(join(tmpdir(), "basalt-bench-"));

const job = `
job_name: start-up
device_type: qemu
visibility: public
context: {arch: amd64}
timeouts: {job: {minutes: 5}, action: {minutes: 2}}
actions:
- deploy:
    to: tmpfs
    os: debian
    images:
      kernel: {url: "file://${folder}/kernel", image_arg: "-kernel {kernel}"}
      ramdisk: {url: "file://${folder}/ramdisk", image_arg: "-initrd {ramdisk}"}
- boot:
    method: qemu
    media: tmpfs
    prompts: ["root@bench:"]
    auto_login: {login_prompt: "login:", username: root}
- test:
    definitions:
    - from: inline
      name: smoke
      path: inline/smoke.yaml
      repository:
        metadata: {format: Lava-Test Test Definition 1.0, name: smoke}
        run: {steps: [lava-test-case boots --result pass]}
`;
const device = JSON.parse(
  readFileSync(new URL("device.json", import.meta.url), "utf8").replaceAll(
    "{folder}",
    JSON.stringify(folder).slice(1, -1),
  ),
);

for (const name of ["kernel", "ramdisk"]) writeFileSync(join(folder, name), "not a real one");
// a program in QEMU's place: it is found and asked for its version, but never started as a machine
writeFileSync(join(folder, "qemu"), "#!/bin/sh\necho QEMU emulator version 0\n", { mode: 0o755 });
writeFileSync(join(folder, "job.yaml"), job);
writeFileSync(join(folder, "device.yaml"), JSON.stringify(device));

/** One run of the command: what the probe told. */
function measure(command, at) {
  const file = join(folder, "told.json");
  rmSync(file, { force: true });
  const argv = ["--import", probe, basalt, command, join(folder, "job.yaml"), "--device", join(folder, "device.yaml")];
  const env = { ...process.env, BASALT_BENCH_FILE: file, BASALT_BENCH_AT: at, NO_COLOR: "1" };
  const { stdout, stderr } = spawnSync(process.execPath, argv, { env, encoding: "utf8" });
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    throw new Error(`basalt ${command} did not get there:\n${stdout}\n${stderr}`);
  }
}

// what users run: the bundle, made of what `npm run build` wrote
const bundled = spawnSync(process.execPath, [join(root, "packages/cli/bundle.mjs")], { stdio: "inherit" });
if (bundled.status !== 0) throw new Error("packages/cli could not be bundled: run `npm run build` first");

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

try {
  for (const [what, command, at] of [
    ["basalt run, until the first action", "run", "action"],
    ["basalt plan, the whole process", "plan", "exit"],
  ]) {
    measure(command, at); // files in the system's cache
    const told = Array.from({ length: runs }, () => measure(command, at));
    const cpuMs = median(told.map((one) => one.cpuMs));
    const ok = cpuMs < limitMs;
    const range = `${Math.round(Math.min(...told.map((one) => one.cpuMs)))} to ${Math.round(Math.max(...told.map((one) => one.cpuMs)))}`;
    console.log(
      `${what}: ${Math.round(cpuMs)} ms CPU (median of ${runs}, ${range}), ${Math.round(median(told.map((one) => one.wallMs)))} ms on the clock; must be under ${limitMs}: ${ok ? "ok" : "TOO SLOW"}`,
    );
    if (!ok) process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
