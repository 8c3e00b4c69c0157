import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const packages = join(import.meta.dirname, "..", "..", "packages");

interface Manifest {
  readonly name: string;
  readonly keywords?: readonly string[];
}

/** The packages that the loader takes for plugins, with the text of all their tests. */
function plugins(): readonly { readonly name: string; readonly folder: string; readonly tests: string }[] {
  return readdirSync(packages).flatMap((folder) => {
    const path = join(packages, folder, "package.json");
    if (!existsSync(path)) return [];
    const { name, keywords = [] } = JSON.parse(readFileSync(path, "utf8")) as Manifest;
    if (!keywords.includes("basalt-plugin")) return [];
    const files = readdirSync(join(packages, folder, "src"), { recursive: true, encoding: "utf8" });
    const tests = files.filter((file) => file.endsWith(".test.ts"));
    const text = tests.map((file) => readFileSync(join(packages, folder, "src", file), "utf8")).join("\n");
    return [{ name, folder, tests: text }];
  });
}

/** A contract of the plugin itself, and a test for each of its checks. */
const runsContract = (tests: string): boolean =>
  /\bpluginContract\(plugin,/.test(tests) && /of contract\)\s*test\.skipIf\(/.test(tests);

test.each(plugins())("$name has a test of the plugin contract", ({ folder, tests }) => {
  expect(
    runsContract(tests),
    `packages/${folder}/src has no test that runs pluginContract(plugin, {manifest, ...}) of @basalt/testing: see docs/howto/write-a-boot-method.md, "Prove it"`,
  ).toBe(true);
});

test("the list is not empty, and a package without the contract is found", () => {
  expect(plugins().length).toBeGreaterThan(30);
  expect(runsContract('test("the manifest is true", () => {})')).toBe(false);
  expect(runsContract("const contract = pluginContract(plugin, { manifest });")).toBe(false);
});
