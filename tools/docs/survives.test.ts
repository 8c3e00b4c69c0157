// Each row of docs/explanation/what-survives-what.md names the test that shows it: it has to be there.
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { tableAfter } from "./tables.mjs";

const root = new URL("../../", import.meta.url).pathname;
const page = readFileSync(join(root, "docs/explanation/what-survives-what.md"), "utf8");
const sources = new Map<string, string>();
for (const name of readdirSync(join(root, "packages"), { recursive: true, encoding: "utf8" })) {
  if (!/^[^/]+\/src\/.*\.test\.ts$/.test(name)) continue;
  const text = readFileSync(join(root, "packages", name), "utf8");
  sources.set(basename(name), `${sources.get(basename(name)) ?? ""}\n${text}`);
}

const rows = tableAfter(page, "the last column names tests: compared with the sources").slice(1);

test.each(rows)("%s", (...cells) => {
  const [, file = "", name = ""] = /^`(\S+)`: (.+)$/.exec(cells.at(-1) ?? "") ?? [];
  expect(cells).toHaveLength(5);
  expect([...sources.keys()]).toContain(file);
  const quoted = ['"', "'", "`"].some((quote) => sources.get(file)?.includes(`${quote}${name}`));
  expect(quoted, `no test of ${file} is called "${name}"`).toBe(true);
});
