// Bundles the command with its libraries and plugins into dist/bundle: a process then reads a few files, not hundreds, which halves
// the time until a job begins (bench/cli). Run after `tsc -b`. Plugins of users stay outside: they import the packages themselves.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const folder = dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);
const readJson = (path) => JSON.parse(readFileSync(path, "utf8"));
const ours = Object.keys(readJson(join(folder, "package.json")).dependencies).filter((name) =>
  name.startsWith("@basalt/"),
);
const plugins = ours.filter((name) => readJson(require.resolve(`${name}/package.json`)).basalt !== undefined);

/** `import(name)` of a name that is known only when it runs can't be bundled: here the names are known. */
const builtinPlugins = {
  name: "builtin-plugins",
  setup({ onLoad }) {
    onLoad({ filter: /dist[\\/]plugins[\\/]import-builtin\.js$/ }, () => {
      const cases = plugins.map((name) => `  ${JSON.stringify(name)}: () => import(${JSON.stringify(name)}),`);
      return {
        contents: `const all = {\n${cases.join("\n")}\n};\nexport const importBuiltin = (name) => all[name]();\n`,
        loader: "js",
      };
    });
  },
};

const outdir = join(folder, "dist", "bundle");
rmSync(outdir, { recursive: true, force: true });
const { metafile } = await build({
  entryPoints: [join(folder, "dist", "main.js"), join(folder, "dist", "process-io.js")],
  outdir,
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20",
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: "linked",
  // native code stays where npm put it
  external: ["@lydell/node-pty", "serialport", "@serialport/*", "ssh2", "cpu-features"],
  plugins: [builtinPlugins],
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
  },
  metafile: true,
  absWorkingDir: folder,
  logLevel: "warning",
});
// bin/basalt.js leaves a bundle aside that is older than what it was made of
const sources = new Set(
  Object.keys(metafile.inputs).flatMap((input) => /^(?:\.\.\/[\w-]+\/|)(?=dist\/)/.exec(input)?.[0] ?? []),
);
writeFileSync(join(outdir, "sources.json"), JSON.stringify([...sources].map((path) => `${path}tsconfig.tsbuildinfo`)));
