// Writes docs/reference/cli.md from what the command itself says; with --check it only compares. Build first.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../lib/house.mjs";

const page = join(root, "docs", "reference", "cli.md");
const basalt = join(root, "packages", "cli", "bin", "basalt.js");
const help = (...argv) =>
  execFileSync(process.execPath, [basalt, ...argv, "--help"], {
    encoding: "utf8",
    env: { ...process.env, COLUMNS: "100" },
  });

const main = help();
const commands = [...main.matchAll(/^ {2}(\w+)(?: \[options\])?(?: <\S+>)? {2,}\S/gm)]
  .map(([, name]) => name)
  .filter((name) => name !== "help" && new RegExp(`^Commands:[\\s\\S]*^  ${name}\\b`, "m").test(main));

const section = (title, text) => `## ${title}\n\n\`\`\`text\n${text.trimEnd()}\n\`\`\`\n`;
const text = [
  "# The `basalt` command\n",
  "Made by `node tools/docs/cli.mjs` from what the command's `--help` says. In a clone the command is `npx basalt` after `npm ci && npm run build`.\n",
  section("basalt", main),
  ...commands.map((name) => section(`basalt ${name}`, help(name))),
].join("\n");

if (commands.length === 0) throw new Error("basalt --help lists no commands");
if (!process.argv.includes("--check")) {
  writeFileSync(page, text);
  console.log(`docs/reference/cli.md: ${commands.length} commands`);
} else if (existsSync(page) && readFileSync(page, "utf8") === text) {
  console.log("docs/reference/cli.md is what the command says");
} else {
  console.error(
    "docs/reference/cli.md is not what the command says: run `node tools/docs/cli.mjs` and commit the page",
  );
  process.exitCode = 1;
}
