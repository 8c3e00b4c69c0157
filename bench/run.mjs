// `npm run bench [-- NAME...]`: runs bench/NAME/run.mjs, all of them where no name is given.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL(".", import.meta.url));
const all = readdirSync(folder).filter((name) => existsSync(join(folder, name, "run.mjs")));
const names = process.argv.slice(2);
const unknown = names.find((name) => !all.includes(name));
if (unknown !== undefined || all.length === 0) {
  console.error(`no benchmark ${unknown ?? "here"}; there are: ${all.join(", ")}`);
  process.exit(2);
}
for (const name of names.length > 0 ? names : all) {
  console.log(`== ${name}`);
  const { status } = spawnSync(process.execPath, [join(folder, name, "run.mjs")], { stdio: "inherit" });
  if (status !== 0) process.exitCode = 1;
}
