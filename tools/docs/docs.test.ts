import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { codesInDocs, codesInSource } from "./error-codes.mjs";
import { deadLinks, pages, shellCommands } from "./pages.mjs";
import { pluginPackages } from "./plugin-packages.mjs";

const root = join(import.meta.dirname, "..", "..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");

describe("docs/reference/errors.md", () => {
  const inSource = codesInSource(root);
  const inDocs = codesInDocs(read("docs/reference/errors.md"));

  test("lists every code of the sources", () => {
    const missing = [...inSource]
      .filter(([code]) => !inDocs.has(code))
      .map(([code, { files }]) => `${code} (${[...files][0]})`);
    expect(missing).toEqual([]);
  });

  test("lists no code that is gone", () => {
    expect([...inDocs.keys()].filter((code) => !inSource.has(code))).toEqual([]);
  });

  test("names the kinds that the sources throw", () => {
    const wrong = [...inSource].flatMap(([code, { kinds }]) =>
      [...kinds].filter((kind) => !inDocs.get(code)?.kinds.has(kind)).map((kind) => `${code} is thrown as ${kind}`),
    );
    expect(wrong).toEqual([]);
  });

  test("says what each means and what to do", () => {
    const silent = [...inDocs].filter(
      ([, { meaning, advice }]) => meaning.trim().length < 15 || advice.trim().length < 10,
    );
    expect(silent.map(([code]) => code)).toEqual([]);
  });
});

test("the README's table names every deploy and boot method", () => {
  const [, table = ""] = /^## What runs today\n([\s\S]*)/m.exec(read("README.md")) ?? [];
  const rowOf = (kind: string): string => new RegExp(`^\\| ${kind} \\|.*`, "m").exec(table)?.[0] ?? "";
  const missing = pluginPackages().flatMap(({ brings }) =>
    brings.filter(({ kind, name }) => ["deploy", "boot"].includes(kind) && !rowOf(kind).includes(`\`${name}\``)),
  );
  expect(missing, "add them to the table in README.md").toEqual([]);
});

describe("pages", () => {
  test.each(pages(root))("%s has no dead link", (page) => {
    expect(deadLinks(root, page)).toEqual([]);
  });

  test("every `npm run` command of the docs is a script", () => {
    const { scripts } = JSON.parse(read("package.json"));
    const unknown = pages(root).flatMap((page) =>
      shellCommands(root, page)
        .map((command) => /^npm run (\S+)/.exec(command)?.[1])
        .filter((name) => name !== undefined && scripts[name] === undefined)
        .map((name) => `${page}: npm run ${name}`),
    );
    expect(unknown).toEqual([]);
  });

  test("every `basalt` command of the docs is one of the command's", () => {
    const program = readdirSync(join(root, "packages/cli/src/program")).map((file) =>
      read(`packages/cli/src/program/${file}`),
    );
    const known = [...program.join("\n").matchAll(/\.command\("([\w-]+)"/g)].map(([, name]) => name);
    const unknown = pages(root).flatMap((page) =>
      shellCommands(root, page)
        .map((command) => /^(?:npx )?basalt (\w[\w-]*)/.exec(command)?.[1])
        .filter((name) => name !== undefined && !known.includes(name))
        .map((name) => `${page}: basalt ${name}`),
    );
    expect(known.length).toBeGreaterThan(0);
    expect(unknown).toEqual([]);
  });
});
