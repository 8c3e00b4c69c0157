import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "./run.mjs";

/** The repository's folder. */
export const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

/** Says so and exits where this Node is too old for the packages (package.json, engines). */
export function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  console.error(`Basalt needs Node 20.19 or newer; this is ${process.version}`);
  process.exit(1);
}

/** Whether node_modules is what package-lock.json says: npm notes there when it installed what. */
function isInstalled() {
  const installed = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(installed)) return false;
  return statSync(installed).mtimeMs >= statSync(join(root, "package-lock.json")).mtimeMs;
}

/** `npm ci` where node_modules is missing or older than the lock file. */
export async function installModules({ line }) {
  if (isInstalled()) return "node_modules is up to date";
  // npm warns of settings and of old packages of packages: not news for who waits.
  const onLine = (text) => text.startsWith("npm warn") || line(text);
  await run("npm", ["ci", "--no-audit", "--no-fund"], { cwd: root, onLine });
}

/** Compiles all packages, what changed only. */
export async function build({ line }) {
  await run("npm", ["run", "--silent", "build"], { cwd: root, onLine: line });
}

/** A command of an installed package. */
export const binary = (name) => join(root, "node_modules", ".bin", name);
