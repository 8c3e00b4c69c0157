import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../lib/house.mjs";

/** What a plugin may bring, in the order of the index. */
export const kinds = ["deploy", "boot", "test", "command", "protocols", "power", "connections"];

/** The plugins of this repository by their manifests: folder in packages/, package.json, and what they bring as {kind, name}. */
export function pluginPackages() {
  const folders = readdirSync(join(root, "packages"), { withFileTypes: true }).filter(
    ({ name }) => name !== "testing", // a library first of all; its simulated board is in its own README
  );
  return folders.flatMap(({ name: folder }) => {
    const manifest = readIfThere(join("packages", folder, "package.json"));
    const contributes = manifest === undefined ? undefined : JSON.parse(manifest).basalt?.contributes;
    if (contributes === undefined) return [];
    const brings = kinds.flatMap((kind) => (contributes[kind] ?? []).map((name) => ({ kind, name })));
    return [{ folder, manifest: JSON.parse(manifest), brings, examples: examplesOf(folder) }];
  });
}

/**
 * Examples of a package, in its folder docs/: `NAME.job.yaml` with the device it runs on, `NAME.device.yaml` (or .jinja2) or else
 * `device.yaml`, and devices without a job. Paths from the root; the name of what stands alone is "".
 */
export function examplesOf(folder) {
  const docs = join("packages", folder, "docs");
  const files = listIfThere(docs).sort();
  const devices = new Map(
    files.flatMap((file) => {
      const name = /^(?:(.+)\.)?device\.(?:yaml|jinja2)$/.exec(file);
      return name ? [[name[1] ?? "", join(docs, file)]] : [];
    }),
  );
  const jobs = files.flatMap((file) => {
    const found = /^(?:(.+)\.)?job\.yaml$/.exec(file);
    if (!found) return [];
    const name = found[1] ?? "";
    return [{ name, job: join(docs, file), device: devices.get(name) ?? devices.get("") }];
  });
  const used = new Set(jobs.map(({ device }) => device));
  const alone = [...devices].filter(([, device]) => !used.has(device)).map(([name, device]) => ({ name, device }));
  return [...jobs, ...alone];
}

function readIfThere(path) {
  try {
    return readFileSync(join(root, path), "utf8");
  } catch (error) {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw error;
  }
}

function listIfThere(folder) {
  try {
    return readdirSync(join(root, folder));
  } catch (error) {
    if (error.code === "ENOENT") return [];
    throw error;
  }
}
