// Device templates: all of Debian's lava-server rendered here and by python3-jinja2 (sandboxed, one shared environment) with
// PyYAML's C loader, as CPU time of the process. Cold is load, compile, render and YAML; warm is render and YAML with a
// context that changes every round. BASALT_BENCH_RUNS changes the number of rounds.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const aim = 1.4;
const rounds = Number(process.env.BASALT_BENCH_RUNS ?? 15);
const python = "/usr/bin/python3";
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "basalt-bench-"));

/** The sources, bundled, so that nothing needs to be built. */
async function loadSources() {
  const outfile = join(folder, "jinja.mjs");
  const files = [
    "packages/jinja/src/index.ts",
    "packages/jinja/src/folder-loader.ts",
    "packages/jinja/src/syntax/parser.ts",
    "packages/jinja/src/testing/device-templates.ts",
    "packages/core/src/yaml/read-yaml-fast.ts",
  ];
  const contents = files.map((file) => `export * from ${JSON.stringify(here(`../../${file}`))};`).join("\n");
  const banner = 'import { createRequire as req } from "node:module"; const require = req(import.meta.url);';
  await build({
    stdin: { contents, resolveDir: here("../../packages/jinja") },
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    conditions: ["@basalt/source"],
    define: { "import.meta.url": JSON.stringify(pathToFileURL(here("../../packages/jinja/src/testing/x.ts")).href) },
    banner: { js: banner },
    logLevel: "error",
    outfile,
  });
  return import(pathToFileURL(outfile).href);
}

const seconds = (task) => {
  const begin = process.cpuUsage();
  task();
  const { user, system } = process.cpuUsage(begin);
  return (user + system) / 1e6;
};
const forEach = (items, task) => {
  for (const item of items) task(item);
};
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
const milliseconds = (value) => `${(value * 1000).toFixed(0)} ms`.padStart(8);

try {
  const sources = await loadSources();
  const templates = sources.deviceTemplates();
  if (typeof templates === "string") {
    console.log(`skipped: ${templates}`);
    process.exit(0);
  }
  const path = sources.deviceTemplatesFolder;
  const names = Object.keys(templates);
  const contexts = Array.from({ length: rounds }, (_, i) => ({
    arch: i % 2 ? "arm64" : "amd64",
    memory: 512 + i,
    extra_kernel_args: `round=${i}`,
    console_device: `ttyS${i}`,
    boot_character_delay: i,
  }));
  const options = { trimBlocks: true, filters: sources.lavaFilters };
  const environment = () => sources.createEnvironment({ ...options, loader: sources.folderLoader([path]) });
  const renderAll = (env, context, parse) => {
    for (const name of names) {
      const text = env.render(name, context);
      if (parse) sources.readYamlFast(text);
    }
  };
  const shared = environment();
  renderAll(shared, contexts[0], true);
  const ours = { cold: [], warm: [], render: [] };
  for (const context of contexts) {
    ours.cold.push(seconds(() => renderAll(environment(), contexts[0], true)));
    ours.warm.push(seconds(() => renderAll(shared, context, true)));
    ours.render.push(seconds(() => renderAll(shared, context, false)));
  }
  const input = JSON.stringify({ names, contexts, cold: contexts[0] });
  const peer = spawnSync(python, [here("peer.py"), path, String(rounds)], { input, encoding: "utf8" });
  if (peer.status !== 0) throw new Error(`python3-jinja2: ${peer.stderr}`);
  const theirs = JSON.parse(peer.stdout);

  console.log(`${names.length} templates, ${rounds} rounds, median CPU time of a round`);
  console.log("phase                     basalt  python3   times as fast");
  for (const phase of ["cold", "warm", "render"]) {
    const [mine, other] = [median(ours[phase]), median(theirs[phase])];
    const label = { cold: "cold", warm: "warm, with YAML", render: "warm, render alone" }[phase];
    const ratio = other / mine;
    const aimed = phase === "render" ? "" : ratio >= aim ? `  (aim ${aim}: met)` : `  (aim ${aim}: MISSED)`;
    console.log(`${label.padEnd(22)} ${milliseconds(mine)} ${milliseconds(other)}   ${ratio.toFixed(2)}${aimed}`);
    if (phase !== "render" && ratio < aim) process.exitCode = 1;
  }

  // Where the rest of the time goes.
  const texts = names.map((name) => shared.render(name, contexts[0]));
  const loader = sources.folderLoader([path]);
  const lexer = { trimBlocks: true, lstripBlocks: false, keepTrailingNewline: false };
  const load = median(contexts.map(() => seconds(() => forEach(names, (name) => loader.getSource(name)))));
  const parse = median(
    contexts.map(() => seconds(() => forEach(names, (name) => sources.parseTemplate(templates[name], name, lexer)))),
  );
  const check = median(
    contexts.map(() =>
      seconds(() => {
        const env = environment();
        for (const name of names) env.check(name);
      }),
    ),
  );
  const yaml = median(contexts.map(() => seconds(() => forEach(texts, (text) => sources.readYamlFast(text)))));
  console.log(
    `of ours, a round: reading files ${milliseconds(load).trim()}, parsing ${milliseconds(parse).trim()}, closures ${milliseconds(Math.max(0, check - load - parse)).trim()}, YAML ${milliseconds(yaml).trim()}; ${(texts.join("").length / 1e6).toFixed(2)} MB of YAML`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
