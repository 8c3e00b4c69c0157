// Compares the generated pages of docs/ with what they are made from. What is written by hand is tested by docs.test.ts.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { root } from "../lib/house.mjs";
import { run } from "../lib/run.mjs";

const generators = ["cli.mjs", "job-keys.mjs", "plugins.mjs", "rest.mjs"];
for (const name of generators) {
  const path = join(root, "tools", "docs", name);
  if (!existsSync(path)) {
    console.error(`tools/docs/${name} is missing`);
    process.exitCode = 1;
    continue;
  }
  await run(process.execPath, [path, "--check"], { cwd: root }).then(
    (text) => console.log(text.trim()),
    (error) => {
      console.error(error.output.trim());
      process.exitCode = 1;
    },
  );
}
if (!process.exitCode) console.log(`${generators.length} generated pages are up to date`);
