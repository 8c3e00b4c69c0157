// Writes docs/reference/cli.md from what the command itself says; with --check it only compares. Build first.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "../lib/house.mjs";

const page = join(root, "docs", "reference", "cli.md");
const { main: basalt } = await import(pathToFileURL(join(root, "packages", "cli", "dist", "main.js")).href);

/** What the command prints, in this process: there are some eighty commands. */
async function help(...argv) {
  let text = "";
  const stream = { columns: 100, write: (more) => (text += more) };
  const off = () => {};
  const io = { stdout: stream, stderr: stream, env: {}, cwd: root, onSignal: () => off, onFatal: () => off, kill: off };
  const status = await basalt([...argv, "--help"], io);
  if (status !== 0) throw new Error(`basalt ${argv.join(" ")} --help: ${text}`);
  return text;
}

/** Names in a help's list of commands, without aliases. */
function namesIn(text) {
  const [, list = ""] = /^Commands:\n((?: .*\n)+)/m.exec(text) ?? [];
  return [...list.matchAll(/^ {2}([\w-]+)/gm)].map(([, name]) => name).filter((name) => name !== "help");
}

/** Options that all commands of a group know are told once, in the group's own section. */
const withoutGlobal = (text) => text.replace(/^Global Options:\n(?: .*\n)+\n?/m, "");

const block = (text) => `\`\`\`text\n${text.trimEnd()}\n\`\`\`\n`;
const section = (title, text) => `## ${title}\n\n${block(text)}`;

/** A group's commands, all the way down; those of one group follow each other in one block. */
async function groupSections(name, text) {
  const sections = [];
  for (const group of namesIn(text)) {
    const own = await help(name, group);
    const commands = await Promise.all(namesIn(own).map((command) => help(name, group, command)));
    const all = [own, ...commands].map((one) => withoutGlobal(one).trimEnd());
    sections.push(`### basalt ${name} ${group}\n\n${all.map(block).join("\n")}`);
  }
  return sections;
}

const main = await help();
const commands = namesIn(main);
const sections = [];
for (const name of commands) {
  const own = await help(name);
  sections.push(section(`basalt ${name}`, name === "admin" ? withoutGlobal(own) : own));
  if (name === "admin") sections.push(...(await groupSections(name, own)));
}
const text = [
  "# The `basalt` command\n",
  "Made by `node tools/docs/cli.mjs` from what the command's `--help` says. In a clone the command is `npx basalt` after `npm ci && npm run build`.\n",
  section("basalt", main),
  ...sections,
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
