// `npm run create:plugin SECTION NAME`: makes a plugin that works, with a test, to change into the one you need.
import { dirname } from "node:path";
import { createPlugin, Refused } from "./create-plugin/generate.mjs";
import { root } from "./lib/house.mjs";
import { run } from "./lib/run.mjs";

const usage = `npm run create:plugin SECTION NAME

SECTION is deploy, boot, test, power or connection; NAME is the method or driver, like my-board.
Makes packages/actions-SECTION-NAME (packages/power-NAME, packages/connection-NAME) with a test that passes, adds it to the command and
links it (npm install, nothing is downloaded).`;

const [section, name, ...rest] = process.argv.slice(2);
if (section === "--help" || section === "-h") console.log(usage);
else if (name === undefined || rest.length > 0) {
  console.error(usage);
  process.exitCode = 2;
} else {
  try {
    const files = createPlugin({ root, section, name });
    for (const file of files) console.log(file);
    await run("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund"], { cwd: root });
    const folder = dirname(files.find((file) => file.endsWith("package.json")));
    console.log(`\nNow: npx vitest run ${folder}   then change src/, and see docs/howto/`);
  } catch (error) {
    if (!(error instanceof Refused) && error.output === undefined) throw error;
    console.error(error.output === undefined ? error.message : `${error.message}\n${error.output}`);
    process.exitCode = 1;
  }
}
