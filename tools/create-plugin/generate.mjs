import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { namesOf } from "./names.mjs";
import { sections } from "./sections.mjs";

const readJson = (path) => JSON.parse(readFileSync(path, "utf8"));
const writeJson = (path, value) => writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);

/** A plugin that can't be made; the message says why and what to do. */
export class Refused extends Error {}

/** The package that has a method or driver already, undefined where none has. */
function ownerOf(root, kind, method) {
  const packages = readdirSync(join(root, "packages")).filter((name) =>
    existsSync(join(root, "packages", name, "package.json")),
  );
  return packages.find((name) => {
    const { basalt } = readJson(join(root, "packages", name, "package.json"));
    return basalt?.contributes?.[kind]?.includes(method);
  });
}

/** Checks what is asked for. @throws Refused */
function check(root, sectionName, name) {
  const known = Object.keys(sections).join(", ");
  if (!Object.hasOwn(sections, sectionName ?? ""))
    throw new Refused(`there is no section '${sectionName ?? ""}'; there are: ${known}`);
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name ?? "") || name.length > 40)
    throw new Refused(
      `'${name ?? ""}' can't be a plugin's name: it takes lower-case letters, digits and single dashes, begins with a letter and has at most 40 characters, like 'my-board'`,
    );
  const section = sections[sectionName];
  const folder = `packages/${section.prefix}${name}`;
  if (existsSync(join(root, folder)))
    throw new Refused(`${folder} is there already: choose another name, or change that`);
  const owner = section.method ? undefined : ownerOf(root, section.kind, name);
  if (owner) throw new Refused(`${sectionName} '${name}' is there already: packages/${owner} brings it`);
  return { section, folder };
}

function manifest({ section, names, version }) {
  return {
    name: names.pkg,
    version,
    description: `${section.what} ${names.name}.`,
    license: "MIT",
    type: "module",
    keywords: ["basalt-plugin"],
    engines: { node: ">=20.19" },
    sideEffects: false,
    exports: {
      ".": { "@basalt/source": "./src/index.ts", types: "./dist/index.d.ts", default: "./dist/index.js" },
      "./package.json": "./package.json",
    },
    files: ["dist", "src", "!**/*.test.ts", "!**/*.tsbuildinfo"],
    ...(section.actions ? { dependencies: { "@basalt/actions-common": version } } : {}),
    peerDependencies: { "@basalt/core": `^${version}` },
    basalt: { api: 1, contributes: { [section.kind]: [section.method ?? names.name] } },
  };
}

const tsconfig = ({ actions }) => ({
  extends: "../../tsconfig.base.json",
  compilerOptions: { rootDir: "src", outDir: "dist" },
  include: ["src"],
  exclude: ["src/**/*.test.ts"],
  references: [...(actions ? [{ path: "../actions-common" }] : []), { path: "../core" }],
});

function addReference(path, reference) {
  const config = readJson(path);
  writeJson(path, { ...config, references: [...config.references, { path: reference }] });
}

function addDependency(path, name, version) {
  const cli = readJson(path);
  const all = Object.entries({ ...cli.dependencies, [name]: version }).sort(([a], [b]) => (a < b ? -1 : 1));
  writeJson(path, { ...cli, dependencies: Object.fromEntries(all) });
}

/**
 * Makes a plugin's package in `root` and makes the command depend on it. Gives the files written, from `root`. Does not install.
 * @throws Refused, before anything is written
 */
export function createPlugin({ root, section: sectionName, name }) {
  const { section, folder } = check(root, sectionName, name);
  const { version } = readJson(join(root, "packages/core/package.json"));
  const names = namesOf(section.prefix, name);
  const { example, ...files } = section.files(names);
  const readme = `# ${names.pkg}\n\n${section.what} \`${name}\`.\n\n\`\`\`yaml\n${example}\n\`\`\`\n`;
  for (const [path, text] of Object.entries({ ...files, "README.md": readme })) {
    mkdirSync(dirname(join(root, folder, path)), { recursive: true });
    writeFileSync(join(root, folder, path), text);
  }
  writeJson(join(root, folder, "package.json"), manifest({ section, names, version }));
  writeJson(join(root, folder, "tsconfig.json"), tsconfig(section));
  addReference(join(root, "tsconfig.json"), folder);
  addReference(join(root, "packages/cli/tsconfig.json"), `../${section.prefix}${name}`);
  addDependency(join(root, "packages/cli/package.json"), names.pkg, version);
  // names have different lengths, and JSON.stringify breaks lists: lines are broken as the house breaks them
  const biome = join(root, "node_modules/.bin/biome");
  const changed = [folder, "tsconfig.json", "packages/cli/tsconfig.json", "packages/cli/package.json"];
  spawnSync(biome, ["check", "--write", "--vcs-enabled=false", ...changed], { cwd: root, stdio: "ignore" });
  return [...Object.keys(files), "README.md", "package.json", "tsconfig.json"].map((path) => `${folder}/${path}`);
}
