// `node tools/mutants/chaos.mjs [--seed N,...] [--at-once N] [NAME...]`: breaks the product on purpose, one line at a time, each time in a clone of
// what is committed, and lets the chaos test look for it. A test that finds nothing must show that it can. Takes a minute or two for each; not part
// of the check.

import { chmod, cp, mkdir, mkdtemp, readdir, readFile, readlink, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { binary, requireNode, root } from "../lib/house.mjs";
import { run } from "../lib/run.mjs";
import { mutants } from "./chaos-mutants.mjs";

const test = "packages/cli/src/e2e/chaos/chaos.test.ts";
const limitMs = 900_000;

/** The packages of a clone are its own; all others are those that are installed here. */
async function linkModules(from, to) {
  const entries = await readdir(from, { withFileTypes: true });
  await mkdir(to, { recursive: true });
  for (const entry of entries)
    if (entry.name === "@basalt")
      await cp(join(from, entry.name), join(to, entry.name), { recursive: true, verbatimSymlinks: true });
    else if (!entry.name.startsWith(".")) await symlink(join(from, entry.name), join(to, entry.name));
}

const clones = [];

/** Leaves nothing behind. */
async function tidyUp() {
  for (const folder of clones) {
    await killRest(folder);
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function makeClone() {
  const folder = await mkdtemp(join(tmpdir(), "basalt-mutants-"));
  clones.push(folder);
  // PostgreSQL has to get through, as another user
  await chmod(folder, 0o711);
  await run("git", ["clone", "--quiet", "--shared", root, folder]);
  await mkdir(join(folder, "tmp"), { mode: 0o711 });
  await linkModules(join(root, "node_modules"), join(folder, "node_modules"));
  for (const name of await readdir(join(root, "packages"))) {
    const own = join(root, "packages", name, "node_modules");
    await linkModules(own, join(folder, "packages", name, "node_modules")).catch((error) => {
      if (error.code !== "ENOENT") throw error;
    });
  }
  return folder;
}

/** Changes what an edit names, which must stand there exactly once. @returns the text as it was */
async function breakFile(folder, { file, from, to }) {
  const path = join(folder, file);
  const text = await readFile(path, "utf8");
  const places = text.split(from).length - 1;
  if (places !== 1)
    throw new Error(
      `${file} has ${places} places that read\n  ${from.trim()}\nexpected one: mend tools/mutants/chaos-mutants.mjs`,
    );
  await writeFile(
    path,
    text.replace(from, () => to),
  );
  return { path, text };
}

/** Ends what a run left, where it came to no end itself: all of it has the clone's folder in its command line, or works there. */
async function killRest(folder) {
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => "");
    if (Number(pid) === process.pid || !`${command} ${cwd}/`.includes(`${folder}/`)) continue;
    try {
      process.kill(Number(pid), "SIGKILL");
    } catch {
      // it ended just now
    }
  }
}

/** @returns how a run went: `survived`, `caught` with the words of what saw it, or `unclear` */
async function runTest(folder, { name, seed }) {
  const env = { ...process.env, BASALT_SEED: String(seed), NO_COLOR: "1", TMPDIR: join(folder, "tmp") };
  try {
    await run(binary("vitest"), ["run", "--root", folder, test], {
      cwd: folder,
      env,
      signal: AbortSignal.timeout(limitMs),
    });
    return "survived";
  } catch (error) {
    if (error.name === "AbortError") return "caught: it came to no end";
    const output = error.output ?? String(error);
    const log = join(tmpdir(), `basalt-mutant-${name}.log`);
    await writeFile(log, output);
    const words = /^AssertionError: .*/m.exec(output)?.[0];
    // a test that failed for another reason proves nothing
    if (words === undefined) return `unclear: see ${log}`;
    return `caught: ${words.slice(0, 140)}`;
  }
}

/** @returns whether it went as expected */
async function tryMutant(folder, mutant, seeds) {
  const broken = [];
  try {
    for (const edit of mutant.edits) broken.push(await breakFile(folder, edit));
    for (const seed of seeds) {
      const begin = performance.now();
      const outcome = await runTest(folder, { name: mutant.name, seed });
      const seconds = Math.round((performance.now() - begin) / 1_000);
      console.log(
        `${mutant.name} | seed ${seed} | ${seconds} s | ${outcome}${outcome === "survived" && mutant.harmless ? ` (${mutant.harmless})` : ""}`,
      );
      if (outcome !== "survived") return outcome.startsWith("caught") && !mutant.harmless;
    }
    return mutant.harmless !== undefined;
  } finally {
    await killRest(folder);
    for (const { path, text } of broken.reverse()) await writeFile(path, text);
  }
}

requireNode();
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: "string", default: "1" }, "at-once": { type: "string", default: "1" } },
});
const chosen = mutants.filter(
  ({ name }) => positionals.length === 0 || positionals.some((word) => name.includes(word)),
);
if (chosen.length === 0)
  throw new Error(
    `no mutant has ${positionals.join(" or ")} in its name: ${mutants.map(({ name }) => name).join(", ")}`,
  );
const seeds = values.seed.split(",").map(Number);
const unexpected = [];
const queue = [...chosen];
const work = async () => {
  const folder = await makeClone();
  for (let mutant = queue.shift(); mutant; mutant = queue.shift())
    if (!(await tryMutant(folder, mutant, seeds))) unexpected.push(mutant.name);
};
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => tidyUp().finally(() => process.exit(1)));
try {
  await Promise.all(Array.from({ length: Number(values["at-once"]) }, work));
} finally {
  await tidyUp();
}
if (unexpected.length > 0) {
  console.log(`not as chaos-mutants.mjs expects: ${unexpected.join(", ")}`);
  process.exitCode = 1;
}
