import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findViolations } from "./cruise.mjs";

const ts = (...specifiers: string[]): string => specifiers.map((name) => `import "${name}";\n`).join("");

/** A small house where each file either keeps the arrows or breaks one rule. */
const house: Record<string, string> = {
  "core/src/index.ts": "export const core = 1;\n",
  "core/src/bad-builtin.ts": ts("node:path"),
  "core/src/bad-package.ts": ts("@basalt/jinja"),
  "core/src/good.test.ts": ts("@basalt/testing", "node:fs", "./testing/good.js"),
  "core/src/testing/good.ts": ts("@basalt/testing", "node:fs"),
  "core/src/testing/bad.ts": ts("@basalt/host"),
  "core/src/bad-shared.ts": ts("./testing/good.js"),
  "jinja/src/index.ts": ts("node:fs"),
  "jinja/src/bad.ts": 'import type { core } from "@basalt/core";\nexport type C = typeof core;\n',
  "plugin-loader/src/index.ts": ts("@basalt/core"),
  "plugin-loader/src/bad.ts": ts("@basalt/host"),
  "host/src/index.ts": ts("@basalt/core", "node:fs", "node:child_process"),
  "host/src/bad.ts": ts("@basalt/plugin-loader"),
  "testing/src/index.ts": ts("@basalt/core"),
  "testing/src/bad.ts": ts("@basalt/host"),
  "actions-common/src/index.ts": ts("@basalt/core"),
  "actions-common/src/bad.ts": ts("node:fs/promises", "@basalt/actions-boot-a"),
  "actions-boot-a/src/index.ts": ts("@basalt/core", "@basalt/actions-common"),
  "actions-boot-a/src/bad-plugin.ts": ts("@basalt/actions-test-b"),
  "actions-boot-a/src/bad-disk.ts": ts("node:fs"),
  "actions-boot-a/src/bad-process.ts": ts("node:child_process"),
  "actions-boot-a/src/bad-net.ts": ts("node:net", "node:http", "node:https", "node:dgram"),
  "actions-boot-a/src/bad-container.ts": ts("tsyringe"),
  "actions-boot-a/src/bad-undeclared.ts": ts("left-pad"),
  "actions-boot-a/src/good.test.ts": ts("@basalt/testing", "node:net"),
  "actions-boot-a/src/bad.test.ts": ts("@basalt/host"),
  "actions-test-b/src/index.ts": ts("@basalt/core"),
  "power-c/src/index.ts": ts("@basalt/core"),
  "power-c/src/good-net.ts": ts("node:net"),
  "power-c/src/bad-disk.ts": ts("node:fs/promises"),
  "power-c/src/bad.ts": ts("@basalt/actions-common"),
  "connection-d/src/index.ts": ts("@basalt/core"),
  "connection-d/src/bad-path.ts": ts("../../core/src/index.js"),
  "worker/src/index.ts": ts("@basalt/core", "@basalt/host", "@basalt/plugin-loader"),
  "worker/src/bad.ts": ts("@basalt/server"),
  "server/src/index.ts": ts("@basalt/core", "@basalt/jinja", "@basalt/plugin-loader"),
  "server/src/bad.ts": ts("@basalt/worker"),
  "server/src/bad-cli.ts": ts("@basalt/cli"),
  "web/src/index.ts": "export const web = 1;\n",
  "web/src/bad.ts": ts("@basalt/server"),
  "cli/src/index.ts": ts("@basalt/worker", "@basalt/server", "@basalt/actions-boot-a", "@basalt/jinja"),
  "cli/src/container.ts": ts("tsyringe", "./built.js"),
  "cli/src/built.ts": ts("tsyringe"),
  "cli/src/bad-stray.ts": ts("tsyringe"),
  "cli/src/good-board.ts": 'export const board = () => import("@basalt/testing");\n',
  "cli/src/bad-board.ts": ts("@basalt/testing"),
  "cli/src/circle-a.ts": 'import { b } from "./circle-b.js";\nexport const a = (): number => b();\n',
  "cli/src/circle-b.ts": 'import { a } from "./circle-a.js";\nexport const b = (): number => a();\n',
  "cli/src/good-types-a.ts": 'import type { B } from "./good-types-b.js";\nexport interface A { b: B }\n',
  "cli/src/good-types-b.ts": 'import type { A } from "./good-types-a.js";\nexport interface B { a: A }\n',
  "cli/src/bad-missing.ts": ts("./nowhere.js"),
  "gizmo/src/index.ts": ts("@basalt/core"),
};

let root: string;
let found: string[];

async function build(): Promise<void> {
  const packages = new Set(Object.keys(house).map((path) => path.split("/")[0] as string));
  await mkdir(join(root, "node_modules", "@basalt"), { recursive: true });
  for (const name of ["tsyringe", "left-pad"]) {
    const folder = join(root, "node_modules", name);
    await mkdir(folder);
    await writeFile(join(folder, "package.json"), JSON.stringify({ name, version: "1.0.0", main: "index.js" }));
    await writeFile(join(folder, "index.js"), "");
  }
  for (const [path, text] of Object.entries(house)) {
    const file = join(root, "packages", path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  for (const name of packages) {
    const exports = { ".": { "@basalt/source": "./src/index.ts" } };
    const dependencies = ["server", "worker", "cli", "actions-boot-a"].includes(name) ? { tsyringe: "1.0.0" } : {};
    const manifest = { name: `@basalt/${name}`, version: "1.0.0", type: "module", exports, dependencies };
    await writeFile(join(root, "packages", name, "package.json"), JSON.stringify(manifest));
    await symlink(join(root, "packages", name), join(root, "node_modules", "@basalt", name));
  }
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "basalt-arrows-"));
  await build();
  const { violations } = await findViolations(root);
  found = violations.map(({ rule, from }) => `${rule}: ${from.replace("packages/", "").replace("/src/", "/")}`);
});
afterAll(() => rm(root, { recursive: true, force: true }));

test("every rule bites where its file breaks it, and nowhere else", () => {
  const once = [...new Set(found)].sort();
  expect(once).toEqual(
    [
      "arrow-core: core/bad-package.ts",
      "core-is-pure: core/bad-builtin.ts",
      "arrow-core-tests: core/testing/bad.ts",
      "testing-for-tests: core/bad-shared.ts",
      "arrow-jinja: jinja/bad.ts",
      "arrow-plugin-loader: plugin-loader/bad.ts",
      "arrow-host: host/bad.ts",
      "arrow-testing: testing/bad.ts",
      "arrow-actions-common: actions-common/bad.ts",
      "one-plugin-one-island: actions-common/bad.ts",
      "plugins-ask-for-services: actions-common/bad.ts",
      "arrow-actions: actions-boot-a/bad-plugin.ts",
      "one-plugin-one-island: actions-boot-a/bad-plugin.ts",
      "plugins-ask-for-services: actions-boot-a/bad-disk.ts",
      "plugins-ask-for-services: actions-boot-a/bad-process.ts",
      "actions-open-no-sockets: actions-boot-a/bad-net.ts",
      "tsyringe-at-the-root: actions-boot-a/bad-container.ts",
      "declared: actions-boot-a/bad-undeclared.ts",
      "arrow-actions-tests: actions-boot-a/bad.test.ts",
      "arrow-drivers: power-c/bad.ts",
      "plugins-ask-for-services: power-c/bad-disk.ts",
      "through-the-door: connection-d/bad-path.ts",
      "arrow-worker: worker/bad.ts",
      "arrow-server: server/bad.ts",
      "arrow-server: server/bad-cli.ts",
      "nothing-imports-cli: server/bad-cli.ts",
      "arrow-web: web/bad.ts",
      "tsyringe-in-container: cli/bad-stray.ts",
      "simulated-board-on-request: cli/bad-board.ts",
      "no-circle: cli/circle-a.ts",
      "resolvable: cli/bad-missing.ts",
      "package-without-arrow: gizmo/index.ts",
    ].sort(),
  );
});

test("each forbidden builtin of an action is told by itself", () => {
  expect(found.filter((line) => line === "actions-open-no-sockets: actions-boot-a/bad-net.ts")).toHaveLength(4);
});
