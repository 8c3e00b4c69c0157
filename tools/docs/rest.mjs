// Writes docs/reference/rest.md from the route table of packages/server; with --check it only compares. Build first.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "../lib/house.mjs";

const page = join(root, "docs", "reference", "rest.md");
const { openApiDocument } = await import(pathToFileURL(join(root, "packages/server/dist/http/openapi.js")).href);
const { info, paths, tags, components } = openApiDocument("0.1.0");

const cell = (text) => String(text).replaceAll("|", "\\|").replaceAll("\n", " ");

/** A schema in a few words: a name, a type, the words there are. */
function typeOf(schema = {}) {
  if (schema.$ref) return `[${schema.$ref.split("/").pop()}](#${schema.$ref.split("/").pop().toLowerCase()})`;
  if (schema.enum) return schema.enum.map((word) => `\`${word}\``).join(", ");
  if (schema.properties?.results) return `a page of ${typeOf(schema.properties.results.items)}`;
  const types = [schema.type ?? "any"]
    .flat()
    .map((type) => (type === "array" ? `list of ${typeOf(schema.items)}` : type));
  return types.join(" or ");
}

const fields = (schema) =>
  Object.entries(schema.properties ?? {}).map(([name, field]) => {
    const must = schema.required?.includes(name) ? " (needed)" : "";
    const range = [
      field.minimum === undefined ? "" : `from ${field.minimum}`,
      field.maximum === undefined ? "" : `to ${field.maximum}`,
    ];
    return `\`${name}\`${must}: ${[typeOf(field), ...range].filter(Boolean).join(" ")}${field.description ? `, ${field.description}` : ""}`;
  });

function operation(path, method, { operationId, summary, parameters = [], requestBody, responses }) {
  const lines = [`### \`${method.toUpperCase()} ${path}\``, "", `${summary} (\`${operationId}\`)`, ""];
  const query = parameters.filter((one) => one.in === "query");
  for (const { name, schema, description } of query)
    lines.push(
      name === "filters"
        ? `- filters: ${description}`
        : `- query \`${name}\`: ${[typeOf(schema), schema.description ?? description].filter(Boolean).join(", ")}`,
    );
  for (const [type, { schema }] of Object.entries(requestBody?.content ?? {})) {
    if (!schema.properties) lines.push(`- body: ${type}`);
    for (const field of fields(schema)) lines.push(`- body ${field}`);
  }
  const answers = Object.entries(responses).map(([status, { description, content }]) => {
    const [type, { schema } = {}] = Object.entries(content ?? {})[0] ?? [];
    const what =
      type === undefined
        ? ""
        : type === "application/json"
          ? typeOf(schema)
          : Object.keys(content)
              .map((one) => `\`${one}\``)
              .join(" or ");
    return Number(status) < 300 ? `- **${status}**: ${[what, description].filter(Boolean).join(": ")}` : status;
  });
  const refused = answers.filter((text) => !text.startsWith("-"));
  return [...lines, ...answers.filter((text) => text.startsWith("-")), `- refused: ${refused.join(", ")}`, ""];
}

const text = [
  "# REST",
  "",
  "Made by `node tools/docs/rest.mjs` from the server's route table (`packages/server/src/http/routes`): change that, not this file. The server has the same as an OpenAPI 3.1 document at `/api/v0.2/openapi.json`.",
  "",
  info.description
    .split("\n\n")
    .map((part) => part.replaceAll("\n", " "))
    .join("\n\n"),
  "",
  "A refusal is JSON: `detail` in words, a stable `code` ([errors](errors.md)), and for a wrong value the words again under the field's name. Statuses: 400 wrong, 401 not logged in, 403 not allowed, 404 not there or not to be seen, 409 not now, 429 too often (`Retry-After`), 503 no database (try again).",
  "",
  ...tags.flatMap(({ name }) => [
    `## ${name[0].toUpperCase()}${name.slice(1)}`,
    "",
    ...Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods)
        .filter(
          ([
            ,
            {
              tags: [tag],
            },
          ]) => tag === name,
        )
        .flatMap(([method, one]) => operation(path, method, one)),
    ),
  ]),
  "## What is sent",
  "",
  ...Object.entries(components.schemas).flatMap(([name, schema]) => [
    `### ${name}`,
    "",
    ...(schema.description ? [schema.description, ""] : []),
    "| field | type | |",
    "|---|---|---|",
    ...Object.entries(schema.properties).map(
      ([field, value]) => `| \`${field}\` | ${cell(typeOf(value))} | ${cell(value.description ?? "")} |`,
    ),
    "",
  ]),
]
  .join("\n")
  .trimEnd()
  .concat("\n");

const count = Object.values(paths).flatMap((methods) => Object.keys(methods)).length;
if (!process.argv.includes("--check")) {
  writeFileSync(page, text);
  console.log(`docs/reference/rest.md: ${count} operations`);
} else if (existsSync(page) && readFileSync(page, "utf8") === text) {
  console.log("docs/reference/rest.md is what the server answers");
} else {
  console.error(
    "docs/reference/rest.md is out of date: run npm run build && node tools/docs/rest.mjs and commit the page",
  );
  process.exitCode = 1;
}
