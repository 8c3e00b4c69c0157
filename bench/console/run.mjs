// Console benchmark: expect (8 prompts, 10 kernel-message patterns) plus the log on disk, beside python3-pexpect doing the
// same: first core's console alone, then in a whole job with the product's own journal, which writes the text itself too.
// All read a pipe from `cat` and write one LAVA record a line. BASALT_BENCH_MB and BASALT_BENCH_PEER_MB change the sizes.
import { spawn, spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { fromPipe } from "./from-pipe.mjs";
import { readInJob } from "./job.mjs";
import { consoleText, promptPatterns } from "./text.mjs";

const MB = 1e6;
const aim = 20;
const floor = 10;
const size = Number(process.env.BASALT_BENCH_MB ?? 50) * MB;
const peerSize = Number(process.env.BASALT_BENCH_PEER_MB ?? 4) * MB;
const source = (path) => fileURLToPath(new URL(`../../packages/${path}`, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "basalt-bench-"));

/** The packages from their sources, so that nothing needs to be built. */
async function loadProduct() {
  const outfile = join(folder, "product.mjs");
  const files = [
    "core/src/index.ts",
    "host/src/journal/output-folder.ts",
    "testing/src/plan/run-plan.ts",
    "testing/src/fakes/fake-power.ts",
  ];
  const contents = files.map((file) => `export * from ${JSON.stringify(source(file))};`).join("\n");
  await build({
    stdin: { contents, resolveDir: source("host") },
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    conditions: ["@basalt/source"],
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    outfile,
  });
  return import(pathToFileURL(outfile).href);
}

/** Lines to disk in batches; what the journal of a job does. */
function batchWriter(path) {
  const file = openSync(path, "w");
  const limit = 128 * 1024;
  // a line has at most 100,000 characters of text, each of at most six bytes (\\u001b)
  const buffer = Buffer.alloc(limit + 1_000_000);
  let used = 0;
  let batch = "";
  // Encoded while it is still in the processor's cache: 64 KB at a time take more than twice as long.
  const encode = () => {
    used += buffer.write(batch, used);
    batch = "";
  };
  const flush = () => {
    writeSync(file, buffer, 0, used);
    used = 0;
  };
  return {
    write(line) {
      batch += `${line}\n`;
      if (batch.length > 8192) encode();
      if (used > limit) flush();
    },
    close() {
      encode();
      flush();
      closeSync(file);
    },
  };
}

async function ours(core, path, patterns) {
  const out = batchWriter(join(folder, "ours.yaml"));
  let lines = 0;
  let dt = "";
  const splitter = new core.LineSplitter((msg) => {
    lines++;
    out.write(core.formatLogLine({ dt, lvl: "target", msg }));
  });
  const cat = spawn("cat", [path], { stdio: ["ignore", "pipe", "inherit"] });
  const began = performance.now();
  const cpu = process.cpuUsage();
  const console = new core.Console(
    { readable: fromPipe(cat.stdout), writable: new WritableStream() },
    {
      onText(text) {
        dt = core.isoTime(Date.now());
        splitter.push(text);
      },
    },
  );
  const { signal } = new AbortController();
  let matches = 0;
  let ended;
  while (!ended) {
    await console.expect(patterns, { signal }).then(
      () => matches++,
      (error) => {
        if (error.code !== "ERR_CONNECTION_CLOSED") throw error;
        ended = error;
      },
    );
  }
  splitter.flush();
  out.close();
  const seconds = (performance.now() - began) / 1000;
  const used = process.cpuUsage(cpu);
  await console[Symbol.asyncDispose]();
  return { seconds, cpu: (used.user + used.system) / 1e6, matches, lines };
}

function peer(path, patterns) {
  const run = spawnSync(
    "/usr/bin/python3",
    [fileURLToPath(new URL("./peer.py", import.meta.url)), JSON.stringify(patterns), path, join(folder, "peer.yaml")],
    { encoding: "utf8" },
  );
  if (run.status === 0) return JSON.parse(run.stdout);
  console.log(`python3-pexpect or python3-yaml could not be run, so there is no comparison:\n${run.stderr}`);
  return undefined;
}

function report(what, bytes, { seconds, cpu, matches, lines }) {
  const rate = bytes / MB / seconds;
  console.log(
    `${what.padEnd(34)} ${(bytes / MB).toFixed(1).padStart(6)} MB ${seconds.toFixed(2).padStart(7)} s (cpu ${cpu.toFixed(2)} s) ${rate.toFixed(1).padStart(7)} MB/s, ${matches} matches, ${lines} lines`,
  );
  return rate;
}

try {
  const core = await loadProduct();
  const kernel = core.kernelPatterns.slice(0, 10);
  const sources = [...kernel.map(({ source: text }) => text), ...promptPatterns];
  const patterns = sources.map((text) => core.compilePattern(text));
  const large = join(folder, "large.txt");
  const small = join(folder, "small.txt");
  writeFileSync(large, consoleText(size));
  writeFileSync(small, consoleText(peerSize));

  const basalt = await ours(core, large, patterns);
  const rate = report("basalt", statSync(large).size, basalt);
  const inJob = await readInJob(core, { path: large, output: join(folder, "out"), patterns });
  const jobRate = report("basalt, a whole job", statSync(large).size, inJob);
  const theirs = peer(small, sources);
  const peerRate = theirs && report("python3-pexpect", statSync(small).size, theirs);
  if (theirs) {
    const same = await ours(core, small, patterns);
    console.log(
      `on pexpect's ${peerSize / MB} MB: ${same.matches} matches and ${same.lines} lines here, ${theirs.matches} and ${theirs.lines} there (a greedy prompt swallows those before it there)`,
    );
  }

  // exponential in a backtracking engine: on such a line Python's re would not end
  const hostile = [...patterns, core.compilePattern("(\\w+\\s?)+#END"), core.compilePattern("(a+)+b!")];
  const nasty = join(folder, "nasty.txt");
  const text = consoleText(size / 10);
  writeFileSync(nasty, `${text}${"a".repeat(60)} ${"word ".repeat(2000)}\r\n`.repeat(5));
  const hostileRate = report(
    "basalt, with two hostile patterns",
    statSync(nasty).size,
    await ours(core, nasty, hostile),
  );

  const problems = [];
  if (peerRate) {
    for (const [what, ofUs] of [
      ["basalt", rate],
      ["a whole job", jobRate],
    ]) {
      const times = ofUs / peerRate;
      console.log(`${what} / pexpect: ${times.toFixed(1)} times (aim ${aim}, floor ${floor})`);
      if (times < floor) problems.push(`${what}: only ${times.toFixed(1)} times pexpect's rate`);
    }
  }
  if (inJob.matches !== basalt.matches || inJob.lines !== basalt.lines)
    problems.push(`a job saw ${inJob.matches} matches and ${inJob.lines} lines, the console alone others`);
  if (hostileRate < rate / 2)
    problems.push(`hostile patterns cut the rate from ${rate.toFixed(1)} to ${hostileRate.toFixed(1)} MB/s`);
  for (const problem of problems) console.error(`FAILED: ${problem}`);
  process.exitCode = problems.length === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
