import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const cache = fileURLToPath(new URL("../../../../node_modules/.cache/basalt", import.meta.url));
const folder = join(cache, "lava-server");
const types = join(folder, "usr/share/lava-server/device-types");

/** Where {@link deviceTemplates} leaves the templates. */
export const deviceTemplatesFolder = types;

function fetchPackage(): string | undefined {
  if (spawnSync("apt-get", ["--version"]).status !== 0) return "no apt-get here";
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, "lava-server-"));
  try {
    const download = spawnSync("apt-get", ["download", "lava-server"], { cwd: work, encoding: "utf8" });
    const [deb] = readdirSync(work);
    if (download.status !== 0 || deb === undefined) return `apt-get download lava-server: ${download.stderr.trim()}`;
    const unpack = spawnSync("dpkg-deb", ["-x", deb, "files"], { cwd: work, encoding: "utf8" });
    if (unpack.status !== 0) return `dpkg-deb: ${unpack.stderr.trim()}`;
    if (!existsSync(folder)) renameSync(join(work, "files"), folder);
    return undefined;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/**
 * The device-type templates of Debian's lava-server by name, fetched once into node_modules/.cache and read as data only;
 * or the reason they are not to be had.
 */
export function deviceTemplates(): Readonly<Record<string, string>> | string {
  const trouble = existsSync(types) ? undefined : fetchPackage();
  if (trouble !== undefined) return trouble;
  const names = readdirSync(types)
    .filter((name) => name.endsWith(".jinja2"))
    .sort();
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(types, name), "utf8")]));
}
