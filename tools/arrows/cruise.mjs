import { execFile } from "node:child_process";
import { mkdir, readlink, rm, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const home = fileURLToPath(new URL("../..", import.meta.url));
const require = createRequire(import.meta.url);

/** Makes or corrects a link. */
async function link(target, path) {
  if ((await readlink(path).catch(() => undefined)) === target) return;
  await rm(path, { force: true, recursive: true });
  await symlink(target, path).catch((error) => {
    if (error.code !== "EEXIST") throw error;
  });
}

/**
 * dependency-cruiser reads TypeScript with the compiler's JavaScript API, which TypeScript 7 no longer has. It takes the
 * `typescript` it finds from where it stands; so it is run from a folder of links where that is the TypeScript 6 that
 * api-extractor brings along. Gives the path of its command.
 */
async function standBesideClassicTypeScript() {
  const folder = join(home, ".cache", "arrows", "node_modules");
  await mkdir(folder, { recursive: true });
  const extractor = createRequire(require.resolve("@microsoft/api-extractor/package.json"));
  await link(dirname(extractor.resolve("typescript/package.json")), join(folder, "typescript"));
  // Its exports do not list its package.json, hence the way up from its main file.
  const cruiser = join(fileURLToPath(import.meta.resolve("dependency-cruiser")), "..", "..", "..");
  await link(cruiser, join(folder, "dependency-cruiser"));
  return join(folder, "dependency-cruiser", "bin", "dependency-cruise.mjs");
}

/** Runs dependency-cruiser over `root`/packages with the repository's rules; gives its JSON result. */
export async function cruise(root = home) {
  const command = await standBesideClassicTypeScript();
  const argv = ["--preserve-symlinks", "--preserve-symlinks-main", command];
  const options = ["--config", join(home, ".dependency-cruiser.cjs"), "--output-type", "json", "packages"];
  const { stdout } = await promisify(execFile)(process.execPath, [...argv, ...options], {
    cwd: root,
    maxBuffer: 1 << 28,
  });
  return JSON.parse(stdout);
}

/** Files that import tsyringe, are no container.ts and are not imported by one: what the container does not build has no use for it. */
export function strayInjection(modules) {
  const imports = (module, path) => module.dependencies.some(({ resolved }) => path.test(resolved));
  const built = new Set(
    modules
      .filter(({ source }) => /(?:^|\/)container\.ts$/.test(source))
      .flatMap(({ source, dependencies }) => [source, ...dependencies.map(({ resolved }) => resolved)]),
  );
  return modules
    .filter(
      (module) =>
        /^packages\/(?:server|worker|cli)\/(?!.*\.test\.ts$)/.test(module.source) &&
        imports(module, /(?:^|\/)tsyringe(?:\/|$)/) &&
        !built.has(module.source),
    )
    .map(({ source }) => source);
}

/** Everything that goes against the arrows, one line each, and how many files were read. */
export async function findViolations(root = home) {
  const { modules, summary } = await cruise(root);
  const lines = summary.violations.map(({ rule, from, to, cycle }) => {
    const path = cycle ? cycle.map(({ name }) => name).join(" -> ") : to;
    return { rule: rule.name, from, to: path };
  });
  for (const from of strayInjection(modules)) lines.push({ rule: "tsyringe-in-container", from, to: "tsyringe" });
  const files = modules.filter(({ source }) => source.startsWith("packages/")).length;
  return { files, violations: lines };
}
