// CPU time of planning: every job of the conformance folder whose methods have plugins. In one process, all plugins loaded and warm: select
// and plan; then the same with the job read and checked, too. And `basalt plan` of one job as a process. Needs what `npm run build` makes.
// BASALT_BENCH_RUNS: how many rounds (15).
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const rounds = Number(process.env.BASALT_BENCH_RUNS ?? 15);
const aims = { planMs: 2, preparedMs: 4, processMs: 250 };
const root = fileURLToPath(new URL("../..", import.meta.url));
const cli = join(root, "packages", "cli");
const folder = resolve(process.argv[2] ?? join(root, "..", "shared", "conformance"));
if (!existsSync(join(folder, "cases.json"))) {
  console.log(`${folder} is not here: no jobs to plan`);
  process.exit(0);
}
if (!existsSync(join(cli, "dist", "main.js"))) {
  console.error("packages/cli is not built: run `npm run build` first");
  process.exit(1);
}

const { asObject, buildPipeline, isJsonObject, readYaml, toDevice, toJob, validateDevice } = await import(
  "@basalt/core"
);
const { checkJob, neededPlugins, needsOfJob } = await import("@basalt/plugin-loader");
const built = (file) => import(join(cli, "dist", file));
const planJob = (job, device, plugins) =>
  buildPipeline(
    job,
    device,
    plugins.flatMap(({ strategies = [] }) => strategies),
  );
const { findPlugins } = await built("plugins/plugin-catalog.js");
const config = { folder: root, plugins: [], dispatcher: {}, templates: [], extraContext: [] };
const catalog = await findPlugins({ cwd: root, plugins: [], config });
const loaded = new Map();
for (const manifest of catalog.manifests) {
  const needs = ["deploy", "boot", "test", "command", "protocols"].flatMap((kind) =>
    manifest.contributes[kind].map((name) => ({ kind, name })),
  );
  if (needs.length > 0) for (const plugin of await catalog.load(needs)) loaded.set(plugin.name, plugin);
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
const shown = (ms) => `${ms.toFixed(2)} ms`;
const namesOf = JSON.parse(readFileSync(join(folder, "cases.json"), "utf8"));
const texts = namesOf.map((name) => ({
  name,
  job: readFileSync(join(folder, "jobs", `${name}.yaml`), "utf8"),
  device: readFileSync(join(folder, "devices", `${name}.yaml`), "utf8"),
}));

/** A method that no plugin brings, undefined where all of the job's have one. */
const without = (job) =>
  needsOfJob(job).find(
    ({ kind, name }) => !catalog.manifests.some(({ contributes }) => contributes[kind].includes(name)),
  );
const pluginsOf = (job) => neededPlugins(catalog.manifests, needsOfJob(job)).map(({ name }) => loaded.get(name));

async function readDevice(text, name) {
  const document = await readYaml(text, { file: name, kind: "configuration" });
  const checked = await validateDevice(document);
  if (!checked.ok) throw new Error(`the device of ${name} is refused`);
  return toDevice(asObject(document.value));
}
async function readJob(text, name) {
  const document = await readYaml(text, { file: name, kind: "job" });
  const job = toJob(document.value);
  await checkJob(document, pluginsOf(job), { strict: false, catalog });
  return job;
}

const jobs = [];
for (const { name, job: text, device: deviceText } of texts) {
  const { value } = await readYaml(text, { file: name, kind: "job" });
  const lacking = isJsonObject(value) ? without(toJob(value)) : { kind: "job", name: "that is no mapping" };
  if (lacking) {
    console.log(`left out: ${name} (no plugin for ${lacking.kind} ${lacking.name})`);
    continue;
  }
  jobs.push({ name, text, deviceText });
}
/** Devices by the text they were read from: many jobs run on one device, and its dictionary is read once. Here only: the command reads one. */
const devices = new Map();
async function cachedDevice(text, name) {
  const known = devices.get(text);
  if (known) return known;
  const device = await readDevice(text, name);
  devices.set(text, device);
  return device;
}

/** CPU time of each job's task in milliseconds, the median of the rounds; a first few rounds warm the compiler. */
async function measure(task) {
  const times = jobs.map(() => []);
  for (let round = -5; round < rounds; round++) {
    for (const [i, job] of jobs.entries()) {
      const begin = process.cpuUsage();
      await task(job);
      const { user, system } = process.cpuUsage(begin);
      if (round >= 0) times[i].push((user + system) / 1000);
    }
  }
  return times.map(median);
}

let missed = 0;
function tell(what, perJob, aimMs) {
  const [ms, slowest] = [median(perJob), Math.max(...perJob)];
  const aim = aimMs === undefined ? "no aim" : `aim: under ${aimMs} ms, ${ms < aimMs ? "met" : "MISSED"}`;
  if (aimMs !== undefined && ms >= aimMs) missed++;
  console.log(`${what}: ${shown(ms)} CPU (${aim}); slowest ${shown(slowest)}, ${jobs[perJob.indexOf(slowest)].name}`);
}

const ready = new Map();
for (const { name, text, deviceText } of [...jobs]) {
  const [job, device] = [await readJob(text, name), await cachedDevice(deviceText, name)];
  try {
    planJob(job, device, pluginsOf(job));
    ready.set(name, { job, device });
  } catch (error) {
    // what is wrong with the plan is for `npm run conformance` to judge
    console.log(`left out: ${name} (${error.message.slice(0, 200)})`);
    jobs.splice(
      jobs.findIndex((one) => one.name === name),
      1,
    );
  }
}
if (jobs.length === 0) throw new Error("no job can be planned: is the build of today?");
console.log(`${jobs.length} of ${texts.length} jobs, median job, each the median of ${rounds} rounds`);
const planned = await measure(({ name }) => {
  const { job, device } = ready.get(name);
  return planJob(job, device, pluginsOf(job));
});
tell("select and plan", planned, aims.planMs);
const prepared = await measure(async ({ name, text, deviceText }) => {
  const job = await readJob(text, name);
  return planJob(job, await cachedDevice(deviceText, name), pluginsOf(job));
});
tell("read, check, select and plan, device by content", prepared, aims.preparedMs);
const whole = await measure(async ({ name, text, deviceText }) => {
  const job = await readJob(text, name);
  return planJob(job, await readDevice(deviceText, name), pluginsOf(job));
});
tell("the same, the device read and checked each time", whole);

/** CPU time of `basalt plan` of a job, from its process's start to its end. */
function planProcess(name, file) {
  const [job, device] = ["jobs", "devices"].map((kind) => join(folder, kind, `${name}.yaml`));
  const probe = new URL("../cli/probe.mjs", import.meta.url).href;
  const argv = ["--import", probe, join(cli, "bin", "basalt.js"), "plan", job, "--device", device];
  const env = { ...process.env, BASALT_BENCH_FILE: file, BASALT_BENCH_AT: "exit", NO_COLOR: "1" };
  const { status, stderr } = spawnSync(process.execPath, argv, { env, encoding: "utf8" });
  if (status !== 0) throw new Error(`basalt plan of ${name} ended with ${status}:\n${stderr}`);
  return JSON.parse(readFileSync(file, "utf8")).cpuMs;
}

// what users run: the bundle, made of what `npm run build` wrote
const bundled = spawnSync(process.execPath, [join(cli, "bundle.mjs")], { stdio: "inherit" });
if (bundled.status !== 0) throw new Error("packages/cli could not be bundled: run `npm run build` first");
const scratch = mkdtempSync(join(tmpdir(), "basalt-bench-"));
try {
  // Which takes most is decided by more than the length of its plan (warnings need positions, methods need plugins): each job is tried,
  // the best of two, and the heaviest is measured.
  const file = join(scratch, "told.json");
  const once = jobs.map(({ name }) => ({ name, ms: Math.min(planProcess(name, file), planProcess(name, file)) }));
  const { name } = once.reduce((most, one) => (one.ms > most.ms ? one : most));
  const told = Array.from({ length: rounds }, () => planProcess(name, file));
  const ms = median(told);
  if (ms >= aims.processMs) missed++;
  console.log(
    `basalt plan of the heaviest, the whole process: ${Math.round(ms)} ms CPU (aim: under ${aims.processMs} ms, ${ms < aims.processMs ? "met" : "MISSED"}); ${Math.round(Math.min(...told))} to ${Math.round(Math.max(...told))}, ${name}`,
  );
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
process.exitCode = missed > 0 ? 1 : 0;
