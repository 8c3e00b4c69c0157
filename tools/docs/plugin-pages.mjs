// The pages of docs/reference/plugins: one a plugin package, made of its README, its examples and its schemas, and the index of all.
import { readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { root } from "../lib/house.mjs";
import { kinds, pluginPackages } from "./plugin-packages.mjs";

const made =
  "<!-- Made by `node tools/docs/plugins.mjs` from the package's README.md, docs/ and schemas: change those, not this file. -->";
const words = {
  deploy: { section: "deploy", title: "Deploy", shown: (name) => `to: ${name}` },
  boot: { section: "boot", title: "Boot", shown: (name) => `method: ${name}` },
  test: { section: "test", title: "Test", shown: (name) => name },
  command: { section: "command", title: "Command", shown: (name) => name },
  protocols: { title: "Protocol", shown: (name) => name },
  power: { title: "Power", shown: (name) => `driver: ${name}` },
  connections: { title: "Connection", shown: (name) => `driver: ${name}` },
};

/** @returns the pages by their names in docs/reference/plugins. `plugins`: the plugin of each folder; `core`: the core package. */
export function pluginPages(core, plugins) {
  const packages = pluginPackages().map((one) => ({ ...one, plugin: plugins.get(one.folder) }));
  return new Map([
    ["README.md", indexPage(packages)],
    ...packages.map((one) => [`${one.folder}.md`, pluginPage(core, one)]),
  ]);
}

const titleOf = ({ brings }) =>
  kinds
    .map((kind) => ({ kind, names: brings.filter((one) => one.kind === kind).map(({ name }) => `\`${name}\``) }))
    .filter(({ names }) => names.length > 0)
    .map(
      ({ kind, names }, at) => `${at === 0 ? words[kind].title : words[kind].title.toLowerCase()} ${names.join(", ")}`,
    )
    .join("; ");

/** The schema of something a plugin brings. */
function schemaOf({ plugin }, { kind, name }) {
  const { section } = words[kind];
  if (section) return plugin.strategies.find((one) => one.section === section && one.methods.includes(name))?.schema;
  return plugin[kind].find((one) => one.name === name)?.schema;
}

function indexPage(packages) {
  const rows = kinds.flatMap((kind) =>
    packages.flatMap((one) =>
      one.brings
        .filter((brought) => brought.kind === kind)
        .map((brought) => {
          const line = schemaOf(one, brought)?.description ?? one.manifest.description;
          return `| ${words[kind].title.toLowerCase()} | [\`${brought.name}\`](${one.folder}.md) | \`${one.manifest.name}\` | ${line} |`;
        }),
    ),
  );
  return page([
    made,
    "# Plugins",
    `Every method, power switch and console is a plugin: a package of its own. These come with \`basalt\`; more are added by \`--plugin\` or in
\`basalt.config.yaml\`. Each page has examples, which our tests plan and check, and all keys. To write one: [a boot method](../../howto/write-a-boot-method.md),
[a power driver](../../howto/write-a-power-driver.md).`,
    ["| | name | package | |", "|---|---|---|---|", ...rows].join("\n"),
  ]);
}

function pluginPage(core, one) {
  const { manifest, folder, examples } = one;
  return page([
    made,
    `# ${titleOf(one)}`,
    `Package [\`${manifest.name}\`](../../../packages/${folder}/README.md). All plugins are [here](README.md).`,
    prose(folder),
    ...(examples.length > 0 ? ["## Examples"] : []),
    ...examples.flatMap((example) => exampleParts(example, examples)),
    ...keyParts(core, one),
  ]);
}

/** The README without its title and its YAML, whose place the examples take. */
function prose(folder) {
  const text = readFileSync(join(root, "packages", folder, "README.md"), "utf8");
  return text
    .replace(/^# .*\n+/, "")
    .replaceAll(/```yaml\n[\s\S]*?```\n*/g, "")
    .replaceAll(/\]\((?!https?:|#)([^)]+)\)/g, `](../../../packages/${folder}/$1)`)
    .trim();
}

const fence = (path) => {
  const language = extname(path) === ".jinja2" ? "jinja" : "yaml";
  return `\`\`\`${language}\n${readFileSync(join(root, path), "utf8").trim()}\n\`\`\``;
};

/** A job, and its device where no example before it has shown that one. */
function exampleParts({ name, job, device }, all) {
  const first = all.find((one) => one.device === device)?.job === job;
  const heading = name === "" || all.length === 1 ? [] : [`### ${name}`];
  return [
    ...heading,
    ...(job === undefined ? [] : [fence(job)]),
    ...(device !== undefined && first ? [...(job === undefined ? [] : ["On this device:"]), fence(device)] : []),
  ];
}

/** Tables of keys; methods that share a schema share one. */
function keyParts(core, one) {
  const groups = new Map();
  for (const brought of one.brings) {
    const schema = schemaOf(one, brought);
    groups.set(schema, [...(groups.get(schema) ?? []), brought]);
  }
  return [...groups].flatMap(([schema, brought]) => {
    const { kind } = brought[0];
    const { section, shown } = words[kind];
    const beside = { deploy: "#deploy", boot: "#boot" }[section];
    const common = section
      ? `Beside [the keys of every block](../job-keys.md#every-block)${beside ? ` and [of every ${section} block](../job-keys.md${beside})` : ""}:`
      : undefined;
    const table = core.schemaTable(schema, section).replaceAll("](#", "](../job-keys.md#");
    return [
      `## Keys of ${brought.map(({ name }) => `\`${shown(name)}\``).join(", ")}`,
      ...(schema.description ? [schema.description] : []),
      ...(common && table.startsWith("|") ? [common] : []),
      table,
    ];
  });
}

const page = (parts) => `${parts.filter((part) => part !== "").join("\n\n")}\n`;
