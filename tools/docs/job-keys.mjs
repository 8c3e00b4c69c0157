#!/usr/bin/env node
// Writes docs/reference/job-keys.md from the built packages; with --check says whether it is up to date.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import * as core from "../../packages/core/dist/index.js";
import { jobKeysMarkdown, pluginFolders } from "./plugin-schemas.mjs";

const target = new URL("../../docs/reference/job-keys.md", import.meta.url);
const plugins = await Promise.all(
  pluginFolders().map(async (folder) => (await import(`../../packages/${folder}/dist/index.js`)).default),
);
const text = jobKeysMarkdown(core, plugins.flatMap(core.contributionsOf));

if (process.argv.includes("--check")) {
  if (readFileSync(target, "utf8") !== text) {
    console.error("docs/reference/job-keys.md is out of date: run npm run build && node tools/docs/job-keys.mjs");
    process.exitCode = 1;
  }
} else {
  mkdirSync(new URL(".", target), { recursive: true });
  writeFileSync(target, text);
  console.log("docs/reference/job-keys.md written");
}
