#!/usr/bin/env node
import { readFileSync, statSync } from "node:fs";

const here = (path) => new URL(`../${path}`, import.meta.url);
const timeOf = (path) => statSync(here(path), { throwIfNoEntry: false })?.mtimeMs;

/** The bundle starts in half the time; one that is older than what it was made of is left aside (see bundle.mjs). */
function entries() {
  const made = timeOf("dist/bundle/sources.json");
  if (made === undefined) return "dist";
  const sources = JSON.parse(readFileSync(here("dist/bundle/sources.json"), "utf8"));
  return sources.every((path) => (timeOf(path) ?? 0) <= made) ? "dist/bundle" : "dist";
}

const folder = entries();
const [{ main }, { flushOutput, processIo }] = await Promise.all([
  import(here(`${folder}/main.js`)),
  import(here(`${folder}/process-io.js`)),
]);
const code = await main(process.argv.slice(2), processIo());
await flushOutput();
// an action that was left behind must not keep the process
process.exit(code);
