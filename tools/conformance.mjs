// `npm run conformance [-- DIR]`: plans every job of a conformance folder with `basalt plan` and compares the trees.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { firstDifference } from "./conformance/first-difference.mjs";
import { mapFew } from "./lib/steps.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const basalt = join(root, "packages", "cli", "bin", "basalt.js");

/** Jobs whose plans must be equal: what Basalt says it can do. The others wait for their methods' plugins. */
const mustBeEqual = ["kvm", "kvm-inline", "kvm-multi", "kvm-command", "qemu-reboot"];
const isMust = (name) => mustBeEqual.includes(name.split("--")[0]);

const usage = `npm run conformance [-- DIR]

DIR holds jobs/NAME.yaml, devices/NAME.yaml and expected/NAME.json (default: ../shared/conformance).
Prints how many plans are equal and the first difference of each other one.
Exit 1 if one of these differs: ${mustBeEqual.join(", ")}.`;

/** The plan that the command makes, or what it says instead. */
function plan(folder, name) {
  const job = join(folder, "jobs", `${name}.yaml`);
  const device = join(folder, "devices", `${name}.yaml`);
  const argv = [basalt, "plan", job, "--device", device, "--format", "json"];
  return new Promise((done) => {
    execFile(process.execPath, argv, { maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      if (error) return done({ refused: stderr.trim().replaceAll(`${folder}/`, "") || error.message });
      done({ tree: JSON.parse(stdout) });
    });
  });
}

async function compare(folder, name) {
  const expected = JSON.parse(await readFile(join(folder, "expected", `${name}.json`), "utf8"));
  const { tree, refused } = await plan(folder, name);
  if (refused === undefined) return firstDifference(expected, tree);
  // A method whose plugin does not exist yet, told in the command's own words.
  return `no plan: ${refused.replace(/\s*\n\s*/g, " ").slice(0, 300)}`;
}

const [argument] = process.argv.slice(2);
if (argument === "--help" || argument === "-h") {
  console.log(usage);
  process.exit(0);
}
const folder = resolve(argument ?? join(root, "..", "shared", "conformance"));
if (!existsSync(join(folder, "cases.json"))) {
  console.log(`${folder} is not here: nothing to compare`);
  process.exit(0);
}
if (!existsSync(join(root, "packages", "cli", "dist", "main.js"))) {
  console.error("packages/cli is not built: run `npm run build` first");
  process.exit(1);
}
const names = JSON.parse(await readFile(join(folder, "cases.json"), "utf8"));
const differences = await mapFew(names, (name) => compare(folder, name));
for (const [i, name] of names.entries())
  if (differences[i]) console.log(`${isMust(name) ? "DIFFERS" : "differs"} ${name}\n    ${differences[i]}`);
const equal = names.filter((_, i) => !differences[i]);
const broken = names.filter((name, i) => differences[i] && isMust(name));
console.log(`equal: ${equal.join(" ") || "none"}`);
console.log(`${equal.length} of ${names.length} plans equal`);
if (broken.length > 0) console.error(`must be equal and are not: ${broken.join(" ")}`);
process.exitCode = broken.length > 0 ? 1 : 0;
