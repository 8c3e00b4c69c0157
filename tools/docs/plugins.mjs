#!/usr/bin/env node
// Writes docs/reference/plugins/ from the built packages; with --check says whether it is up to date.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as core from "../../packages/core/dist/index.js";
import { root } from "../lib/house.mjs";
import { pluginPackages } from "./plugin-packages.mjs";
import { pluginPages } from "./plugin-pages.mjs";

const folder = join(root, "docs", "reference", "plugins");
const imported = await Promise.all(
  pluginPackages().map(async ({ folder: name }) => [
    name,
    (await import(`../../packages/${name}/dist/index.js`)).default,
  ]),
);
const pages = pluginPages(core, new Map(imported));
const there = existsSync(folder) ? readdirSync(folder) : [];

if (process.argv.includes("--check")) {
  const wrong = [...new Set([...there, ...pages.keys()])].filter(
    (name) => !there.includes(name) || readFileSync(join(folder, name), "utf8") !== pages.get(name),
  );
  if (wrong.length === 0) console.log(`docs/reference/plugins: ${pages.size} pages are up to date`);
  else {
    console.error(
      `docs/reference/plugins: ${wrong.join(", ")} out of date: run npm run build && node tools/docs/plugins.mjs`,
    );
    process.exitCode = 1;
  }
} else {
  mkdirSync(folder, { recursive: true });
  for (const name of there) if (!pages.has(name)) rmSync(join(folder, name));
  for (const [name, text] of pages) writeFileSync(join(folder, name), text);
  console.log(`docs/reference/plugins: ${pages.size} pages written`);
}
