import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Plugin, toDevice, toJob } from "@basalt/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  checkCompatibility,
  loadPlugin,
  neededPlugins,
  needsOfDevice,
  needsOfJob,
  readManifest,
  readManifestsAmong,
} from "./index.js";
import { parseManifest } from "./manifest.js";

const reference = fileURLToPath(new URL("../fixtures/reference-plugin", import.meta.url));
let project = "";
beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), "basalt-loader-"));
  mkdirSync(join(project, "node_modules"));
  symlinkSync(reference, join(project, "node_modules", "basalt-reference-plugin"));
});
afterAll(() => rmSync(project, { recursive: true }));

/** A copy of the reference plugin whose package.json is changed. */
function variant(name: string, change: (json: Record<string, unknown>) => void): string {
  const folder = join(project, name);
  cpSync(reference, folder, { recursive: true });
  const json = createRequire(import.meta.url)(join(reference, "package.json"));
  const copy = structuredClone(json);
  change(copy);
  writeFileSync(join(folder, "package.json"), JSON.stringify(copy));
  mkdirSync(join(folder, "node_modules", "@basalt"), { recursive: true });
  symlinkSync(
    dirname(createRequire(import.meta.url).resolve("@basalt/core/package.json")),
    join(folder, "node_modules", "@basalt", "core"),
  );
  return folder;
}
const codeOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "no error",
    (error) => error.code,
  );

test("a plugin's manifest is read by name from a project's folder, before its code", async () => {
  const manifest = await readManifest("basalt-reference-plugin", { from: project });
  expect(manifest).toMatchObject({ name: "basalt-reference-plugin", version: "1.2.3", api: 1 });
  expect(manifest.contributes.boot).toEqual(["knock"]);
  expect(manifest.contributes.deploy).toEqual([]);
});

test("its code is imported and fits its manifest", async () => {
  const manifest = await readManifest("basalt-reference-plugin", { from: project });
  const plugin = await loadPlugin(manifest);
  expect(plugin.strategies?.map(({ methods }) => methods)).toEqual([["knock"]]);
  expect(plugin.power?.map(({ name }) => name)).toEqual(["light-switch"]);
});

test("among packages, those that are plugins are found", async () => {
  symlinkSync(join(project, "not-a-plugin"), join(project, "node_modules", "not-a-plugin"));
  variant("not-a-plugin", (json) => delete json.basalt);
  const found = await readManifestsAmong(["not-a-plugin", "basalt-reference-plugin"], { from: project });
  expect(found.map(({ name }) => name)).toEqual(["basalt-reference-plugin"]);
});

test("a plugin under way is loaded by the path of its folder", async () => {
  const folder = variant("by-path", () => {});
  expect((await readManifest("./by-path", { from: project })).folder).toBe(folder);
});

test("a package that is not installed is named, with what to do", async () => {
  await expect(readManifest("@acme/no-such-plugin", { from: project })).rejects.toMatchObject({
    kind: "configuration",
    code: "ERR_PLUGIN_NOT_FOUND",
    message: expect.stringMatching(/@acme\/no-such-plugin is not installed in .*npm install @acme\/no-such-plugin/),
  });
});

test.each<[string, string, RegExp, (json: Record<string, unknown>) => void]>([
  ["no block", "ERR_PLUGIN_MANIFEST", /no Basalt plugin/, (json) => delete json.basalt],
  ["no peer", "ERR_PLUGIN_MANIFEST", /peer dependency/, (json) => delete json.peerDependencies],
  [
    "unknown kind",
    "ERR_PLUGIN_MANIFEST",
    /contributes\.boots.*did you mean "boot"/,
    (json) => Object.assign(json, { basalt: { api: 1, contributes: { boots: [] } } }),
  ],
  [
    "names no list",
    "ERR_PLUGIN_MANIFEST",
    /must be a list/,
    (json) => Object.assign(json, { basalt: { api: 1, contributes: { boot: "knock" } } }),
  ],
  [
    "newer interface",
    "ERR_PLUGIN_API",
    /interface 2.*upgrade Basalt/,
    (json) => Object.assign(json, { basalt: { api: 2, contributes: {} } }),
  ],
  [
    "older interface",
    "ERR_PLUGIN_API",
    /interface 0.*upgrade the plugin/,
    (json) => Object.assign(json, { basalt: { api: 0, contributes: {} } }),
  ],
  [
    "newer core",
    "ERR_PLUGIN_CORE_RANGE",
    /wants @basalt\/core \^999.*upgrade Basalt/,
    (json) => Object.assign(json, { peerDependencies: { "@basalt/core": "^999.0.0" } }),
  ],
  [
    "older core",
    "ERR_PLUGIN_CORE_RANGE",
    /wants @basalt\/core \^0\.0\.1.*upgrade the plugin/,
    (json) => Object.assign(json, { peerDependencies: { "@basalt/core": "^0.0.1" } }),
  ],
  [
    "no range",
    "ERR_PLUGIN_CORE_RANGE",
    /can't be read/,
    (json) => Object.assign(json, { peerDependencies: { "@basalt/core": "latest-ish!" } }),
  ],
])("a manifest with %s is refused", async (name, code, message, change) => {
  const folder = variant(name.replaceAll(" ", "-"), change);
  await expect(readManifest(folder)).rejects.toMatchObject({
    kind: "configuration",
    code,
    message: expect.stringMatching(message),
  });
});

test("prereleases of core count for a range around them", async () => {
  const manifest = await readManifest("basalt-reference-plugin", { from: project });
  await expect(checkCompatibility(manifest, "1.5.0-beta.1")).resolves.toBeUndefined();
  expect(await codeOf(checkCompatibility(manifest, "2.0.0"))).toBe("ERR_PLUGIN_CORE_RANGE");
});

test("code that differs from its manifest, breaks or is no plugin is refused", async () => {
  const manifest = await readManifest("basalt-reference-plugin", { from: project });
  const plugin = { name: "basalt-reference-plugin" } satisfies Plugin;
  await expect(loadPlugin(manifest, async () => ({ default: plugin }))).rejects.toMatchObject({
    code: "ERR_PLUGIN_MISMATCH",
    message: expect.stringContaining("lists boot 'knock', which its code does not export"),
  });
  expect(await codeOf(loadPlugin(manifest, async () => ({ default: () => plugin })))).toBe("ERR_PLUGIN_EXPORT");
  expect(await codeOf(loadPlugin(manifest, () => Promise.reject(new Error("syntax"))))).toBe("ERR_PLUGIN_IMPORT");
});

test("only the plugins that a job and its device name are needed", () => {
  const manifest = (name: string, contributes: object) =>
    parseManifest(
      { name, version: "1.0.0", peerDependencies: { "@basalt/core": "*" }, basalt: { api: 1, contributes } },
      { name, folder: "/" },
    );
  const manifests = [
    manifest("images", { deploy: ["tmpfs"] }),
    manifest("qemu", { boot: ["qemu"] }),
    manifest("minimal", { boot: ["minimal"] }),
    manifest("pdu", { power: ["command"] }),
    manifest("serial", { connections: ["serial"] }),
  ];
  const job = (...actions: object[]) => toJob({ job_name: "x", timeouts: {}, actions });
  const names = (list: readonly { name: string }[]) => list.map(({ name }) => name);
  const qemuJob = job({ deploy: { to: "tmpfs" } }, { boot: { method: "qemu" } });
  expect(names(neededPlugins(manifests, needsOfJob(qemuJob)))).toEqual(["images", "qemu"]);
  const board = toDevice({ commands: { power_on: "true" }, connection: { driver: "serial", path: "/dev/null" } });
  expect(names(neededPlugins(manifests, needsOfDevice(board)))).toEqual(["pdu", "serial"]);
  expect(needsOfDevice(toDevice({ commands: { connections: {} } }))).toEqual([]);
  expect(neededPlugins(manifests, needsOfJob(job({ boot: { method: "u-boot" } })))).toEqual([]);
});
