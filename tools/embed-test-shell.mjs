// Writes src/overlay/helper-scripts.ts of actions-common from the scripts in its lava-test-shell/: plugins read no disk, so the code
// carries them. `node tools/embed-test-shell.mjs`; a test fails while the two differ.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = new URL("../packages/actions-common/lava-test-shell/", import.meta.url);
const target = fileURLToPath(new URL("../src/overlay/helper-scripts.ts", here));

/** What the generated file must say. */
export function embedded() {
  const folder = (name) => {
    const url = new URL(`${name}/`, here);
    const lines = readdirSync(url)
      .sort()
      .map((file) => `  ${JSON.stringify(file)}: ${JSON.stringify(readFileSync(new URL(file, url), "utf8"))},`);
    return `Object.freeze({\n${lines.join("\n")}\n})`;
  };
  return `// Written by tools/embed-test-shell.mjs from the scripts in lava-test-shell/: change those.
// biome-ignore-all format: one script a line
// biome-ignore-all lint: generated

/** Commands that every test shell finds in the overlay's \`bin\`, by name, without their first line. */
export const commonScripts: Readonly<Record<string, string>> = ${folder("common")};

/** Commands by which the jobs of a MultiNode group talk. */
export const multinodeScripts: Readonly<Record<string, string>> = ${folder("multinode")};
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(target, embedded());
