// `npm run check`: installs what the tests need, builds, lints, checks and tests everything. Plain Node: works before `npm ci`.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { prepareBoard } from "./board/prepare.mjs";
import { installPeers } from "./check/packages.mjs";
import { runTests } from "./check/vitest.mjs";
import { prepareGuest } from "./guest/guest.mjs";
import { binary, build, installModules, requireNode, root } from "./lib/house.mjs";
import { CommandFailed, run } from "./lib/run.mjs";
import { mapFew, step } from "./lib/steps.mjs";

const usage = `npm run check [-- --help]

Installs npm packages and, as root on Debian, the programs that tests need; builds; then checks types, lint, dependency arrows,
packages, core's public surface and docs; runs all tests, the conformance comparison and the examples.
Exit 1 if anything failed; the last line counts.`;

const node =
  (file, ...argv) =>
  ({ line }) =>
    run(process.execPath, [join("tools", file), ...argv], { cwd: root, onLine: line }).then((text) =>
      text.trim().split("\n").at(-1),
    );
const command =
  (name, ...argv) =>
  ({ line }) =>
    run(binary(name), argv, { cwd: root, onLine: line }).then(() => undefined);

async function publint({ line }) {
  const packages = await readdir(join(root, "packages"));
  await mapFew(packages, async (name) => {
    line(name);
    await run(binary("publint"), ["run", "--strict", join("packages", name)], { cwd: root });
  });
  return `${packages.length} packages`;
}

/** The guest is a convenience of the tests: without it those that boot one are skipped, and this says so. */
const guest = (progress) =>
  prepareGuest(progress).then(
    ({ folder }) => folder,
    (error) => `no guest (${error.message}): tests that boot one are skipped`,
  );

/** So is the virtual board: where it can't be had this says what is missing. */
let hasBoard = false;
const board = (progress) =>
  prepareBoard(progress).then(
    ({ leftOut, files }) => {
      hasBoard = true;
      return leftOut.length === 0 ? files.folder : `left out: ${leftOut.join("; ")}`;
    },
    (error) => `no virtual board (${error.message}): tests and examples on it are skipped`,
  );

/** Steps in order: name, work, what to do when it fails. Where a `must` step fails, the later ones make no sense. */
const steps = [
  { name: "programs that tests need", work: installPeers, help: "install the named packages by hand", must: true },
  {
    name: "npm packages",
    work: installModules,
    help: "see npm's message above; `npm ci` by hand shows all of it",
    must: true,
  },
  { name: "guest for real QEMU", work: guest, help: "node tools/guest.mjs" },
  { name: "kernel for the virtual board", work: board, help: "npm run board" },
  { name: "build", work: build, help: "npm run build", must: true },
  { name: "types", work: command("tsc", "-p", "tsconfig.check.json"), help: "npm run types" },
  {
    name: "lint",
    work: command("biome", "check", "--error-on-warnings", "."),
    help: "npm run format mends most of it",
  },
  { name: "dependency arrows", work: node("arrows.mjs"), help: "npm run arrows; the rules: .dependency-cruiser.cjs" },
  { name: "packages (publint)", work: publint, help: "npx publint run packages/NAME" },
  {
    name: "core's public surface",
    work: node("api-report.mjs"),
    help: "npm run api -- --update, and commit etc/core.api.md",
  },
  { name: "docs", work: node("docs/check.mjs"), help: "node tools/docs/check.mjs" },
  { name: "plans against the conformance cases", work: node("conformance.mjs"), help: "npm run conformance" },
];

const count = { passed: 0, failed: 0, skipped: 0 };

/** Runs a step; false if it failed. */
async function runStep({ name, work, help }) {
  try {
    await step(name, work);
    count.passed += 1;
    return true;
  } catch (error) {
    count.failed += 1;
    console.error(error instanceof CommandFailed ? error.output.trimEnd() : error.stack);
    console.error(`-> ${help}`);
    return false;
  }
}

async function main() {
  for (const each of steps) if (!(await runStep(each)) && each.must) return;
  const tests = await runTests();
  for (const key of Object.keys(count)) count[key] += tests[key];
  await runStep({
    name: "example hello-qemu (npm run demo)",
    work: node("demo.mjs"),
    help: "npm run demo",
  });
  if (!hasBoard) count.skipped += 1;
  else
    await runStep({
      name: "examples uboot-tftp, uboot-nfs and fastboot (npm run board)",
      work: node("board.mjs", "--plain"),
      help: "npm run board",
    });
}

if (process.argv.includes("--help")) {
  console.log(usage);
} else {
  requireNode();
  await main();
  const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : "";
  console.log(`${count.passed} passed, ${count.failed} failed${skipped}`);
  process.exitCode = count.failed > 0 ? 1 : 0;
}
