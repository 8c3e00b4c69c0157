// `npm run soak [-- NAME...]`: the long versions of the tests that have one, with their seeds printed.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { binary, requireNode, root } from "./lib/house.mjs";
import { run } from "./lib/run.mjs";

requireNode();
const names = process.argv.slice(2);

/** Test files that ask for BASALT_SOAK have a long version. */
const files = readdirSync(join(root, "packages"), { recursive: true })
  .map((path) => join("packages", path))
  .filter((path) => path.endsWith(".test.ts") && !/\/(?:node_modules|dist)\//.test(path))
  .filter((path) => names.length === 0 || names.some((name) => path.includes(name)))
  .filter((path) => readFileSync(join(root, path), "utf8").includes("BASALT_SOAK"));

if (files.length === 0) {
  console.error(`no test with a long version${names.length > 0 ? ` has ${names.join(" or ")} in its path` : ""}`);
  process.exit(1);
}
console.log(`long versions of ${files.length} test files:\n${files.map((file) => `  ${file}`).join("\n")}`);
// Files one after another: a soak is after what a test finds, not after speed. No time limit of vitest's: a test has its own count of cases.
const argv = ["run", "--no-file-parallelism", "--testTimeout=0", "--reporter=verbose", ...files];
await run(binary("vitest"), argv, { cwd: root, show: true, env: { ...process.env, BASALT_SOAK: "1" } }).catch(
  (error) => {
    console.error(error.message);
    process.exitCode = 1;
  },
);
