// What the generator makes, in a copy of the workspace's frame: it is type-checked, linted and tested as any package here.
import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createPlugin } from "./generate.mjs";

const house = fileURLToPath(new URL("../..", import.meta.url));
const root = mkdtempSync(join(tmpdir(), "basalt-create-plugin-"));
const made: string[] = [];
const json = (path: string) => JSON.parse(readFileSync(join(root, path), "utf8"));
const run = (command: string, ...argv: string[]) => {
  const env = {
    ...process.env,
    NO_COLOR: "1",
    VITEST: undefined,
    VITEST_POOL_ID: undefined,
    VITEST_WORKER_ID: undefined,
  };
  const { status, stdout, stderr } = spawnSync(join(house, "node_modules/.bin", command), argv, {
    cwd: root,
    env,
    encoding: "utf8",
  });
  return { status, said: `${stdout}${stderr}` };
};

beforeAll(() => {
  for (const name of readdirSync(join(house, "packages")))
    if (existsSync(join(house, "packages", name, "package.json"))) {
      mkdirSync(join(root, "packages", name), { recursive: true });
      for (const file of ["package.json", "tsconfig.json"])
        cpSync(join(house, "packages", name, file), join(root, "packages", name, file));
    }
  for (const file of [
    "package.json",
    "tsconfig.json",
    "tsconfig.base.json",
    "tsconfig.check.json",
    "biome.json",
    "vitest.config.ts",
  ])
    cpSync(join(house, file), join(root, file));
  symlinkSync(join(house, "node_modules"), join(root, "node_modules"));
  for (const section of ["deploy", "boot", "test", "power", "connection"])
    made.push(...createPlugin({ root, section, name: "try-out" }));
}, 60_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

const folders = (): string[] => [...new Set(made.map((file) => file.split("/").slice(0, 2).join("/")))];

test("one package a section, known to the build and to the command", () => {
  expect(folders()).toEqual(
    ["actions-deploy", "actions-boot", "actions-test", "power", "connection"].map((name) => `packages/${name}-try-out`),
  );
  const paths = (path: string): string[] => json(path).references.map((one: { path: string }) => one.path);
  for (const folder of folders()) {
    expect(paths("tsconfig.json")).toContain(folder);
    expect(paths("packages/cli/tsconfig.json")).toContain(folder.replace("packages", ".."));
    expect(json("packages/cli/package.json").dependencies).toHaveProperty(json(`${folder}/package.json`).name);
  }
});

test("its types are right, its lines as the house has them", { timeout: 60_000 }, () => {
  const include = folders().map((folder) => `${folder}/src`);
  writeFileSync(join(root, "tsconfig.made.json"), JSON.stringify({ extends: "./tsconfig.check.json", include }));
  expect(run("tsc", "-p", "tsconfig.made.json")).toEqual({ status: 0, said: "" });
  expect(
    run("biome", "check", "--vcs-enabled=false", "--error-on-warnings", "tsconfig.json", "packages/cli", ...folders()),
  ).toMatchObject({
    status: 0,
  });
});

test("its tests pass at once", { timeout: 60_000 }, () => {
  const { status, said } = run("vitest", "run", "--root", root);
  expect({ status, said }).toEqual({ status: 0, said: expect.stringMatching(/Test Files\s+5 passed/) });
});

test.each([
  ["boot", "grub", "packages/actions-boot-grub is there already"],
  ["boot", "u-boot", "boot 'u-boot' is there already: packages/actions-boot-uboot brings it"],
  ["boot", "Big Board", "'Big Board' can't be a plugin's name"],
  ["boot", "../outside", "'../outside' can't be a plugin's name"],
  ["coffee", "machine", "there is no section 'coffee'; there are: deploy, boot, test, power, connection"],
])("refuses %s %s in words, and writes nothing", (section, name, message) => {
  const before = readdirSync(join(root, "packages"));
  expect(() => createPlugin({ root, section, name })).toThrow(message);
  expect(readdirSync(join(root, "packages"))).toEqual(before);
});
