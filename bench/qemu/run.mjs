// Our own time in the QEMU example: the whole of `basalt run`, less QEMU's boot and the test's own steps. Needs the guest and QEMU.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { readYamlFast } from "../../packages/core/dist/index.js";
import { findGuest } from "../../tools/guest/guest.mjs";

const limitSeconds = 0.7;
const runs = Number(process.env.BASALT_BENCH_RUNS ?? 5);
const root = fileURLToPath(new URL("../..", import.meta.url));
const guest = findGuest();
if (!guest) {
  console.log("no guest here (node tools/guest.mjs makes it): not measured");
  process.exit(0);
}
const folder = mkdtempSync(join(tmpdir(), "basalt-bench-"));

/** Milliseconds between two lines of the job's log. */
function between(log, from, to) {
  const at = (test, list = log) =>
    Date.parse(list.find(({ msg, lvl }) => typeof msg === "string" && test(msg, lvl))?.dt);
  return at(to, [...log].reverse()) - at(from);
}

function once(n) {
  const job = readFileSync(join(root, "examples/hello-qemu/job.yaml"), "utf8").replaceAll(
    "http://127.0.0.1:8711/",
    `${pathToFileURL(guest.folder)}/`,
  );
  const files = { job: join(folder, `job-${n}.yaml`), output: join(folder, `output-${n}`) };
  writeFileSync(files.job, job);
  const startedAt = process.hrtime.bigint();
  const argv = [
    "packages/cli/bin/basalt.js",
    "run",
    files.job,
    "--device",
    "examples/hello-qemu/device.yaml",
    "--output",
    files.output,
  ];
  const { status, stdout } = spawnSync(process.execPath, argv, { cwd: root, encoding: "utf8" });
  const whole = Number(process.hrtime.bigint() - startedAt) / 1e6;
  if (status !== 0) throw new Error(`basalt run ended with ${status}:\n${stdout.slice(-2000)}`);
  const log = readYamlFast(readFileSync(join(files.output, "output.yaml"), "utf8"));
  // from the command that starts QEMU to the prompt behind the login; from the first test definition's start to the last one's end
  const boot = between(
    log,
    (msg) => msg.startsWith("starting qemu"),
    (msg) => msg.startsWith("end: ") && msg.includes(" login-action "),
  );
  const tests = between(
    log,
    (msg, lvl) => lvl === "target" && msg.includes("LAVA_SIGNAL_STARTRUN"),
    (msg, lvl) => lvl === "target" && msg.includes("LAVA_SIGNAL_ENDRUN"),
  );
  return { whole, boot, tests, ours: whole - boot - tests };
}

try {
  once(0); // fills the downloads' cache
  const rows = Array.from({ length: runs }, (_, i) => once(i + 1)).sort((a, b) => a.ours - b.ours);
  const seconds = (ms) => `${(ms / 1000).toFixed(2)} s`;
  for (const { whole, boot, tests, ours } of rows)
    console.log(
      `whole ${seconds(whole)} = boot ${seconds(boot)} + test steps ${seconds(tests)} + ours ${seconds(ours)}`,
    );
  const median = rows[Math.floor(rows.length / 2)].ours;
  console.log(
    `our time outside the guest: median ${seconds(median)}; aimed at: under ${limitSeconds} s: ${median < limitSeconds * 1000 ? "met" : "MISSED"}`,
  );
} finally {
  rmSync(folder, { recursive: true });
}
