import type { Section } from "../job/job.js";
import { blockKeys, sectionKeys } from "./common-defs.js";
import { commonSchema } from "./common-schema.js";
import { expected } from "./expected.js";
import { type JsonSchema, madeByServer } from "./json-schema.js";

/** Words around the reference {@link schemaToMarkdown} writes. */
export interface SchemaMarkdownOptions {
  readonly title: string;
  /** Markdown that stands before the tables. */
  readonly intro: string;
}

/** The reference of job keys: an assembled, loose job schema as Markdown. */
export function schemaToMarkdown(schema: JsonSchema, { title, intro }: SchemaMarkdownOptions): string {
  const defs = Object.entries(schema.$defs ?? {});
  const shared = defs.filter(([name]) => !name.startsWith("block-"));
  const parts = [
    `# ${title}`,
    intro.trim(),
    "## The job",
    table(rows(withoutBlocks(schema), "")),
    "### Context variables",
    (schema.properties?.context?.propertyNames?.enum ?? []).map((name) => `\`${name}\``).join(" "),
    "## Every block",
    table(rows({ properties: blockKeys }, "")),
    ...methodParts(defs, "deploy", "Deploy", (method) => `to: ${method}`),
    ...methodParts(defs, "boot", "Boot", (method) => `method: ${method}`),
    ...methodParts(defs, "test", "Test", (kind) => kind),
    ...methodParts(defs, "command", "Command", () => "command"),
    "## Shared parts",
    ...shared.flatMap(([name, def]) => defPart(name, def)),
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

/**
 * The table of a schema's keys: those of a driver, or those a block of a section has beyond what all of its blocks have.
 * Shared parts are links to headings, which {@link schemaToMarkdown} gives.
 */
export const schemaTable = (schema: JsonSchema, section?: Section): string =>
  ownTable(schema, section === undefined ? {} : { ...blockKeys, ...sectionKeys[section] });

/** The blocks have chapters of their own. */
function withoutBlocks(schema: JsonSchema): JsonSchema {
  const { actions, ...properties } = schema.properties ?? {};
  const { items: _, ...list } = actions ?? {};
  return { ...schema, properties: { ...properties, actions: list } };
}

type Defs = readonly (readonly [string, JsonSchema])[];

function methodParts(defs: Defs, section: Section, heading: string, label: (method: string) => string): string[] {
  const blocks = defs.filter(([name]) => name === `block-${section}` || name.startsWith(`block-${section}-`));
  if (blocks.length === 0) return [];
  const keys = sectionKeys[section] ?? {};
  const common =
    Object.keys(keys).length > 0 ? [`Keys of all ${section} blocks:`, table(rows({ properties: keys }, ""))] : [];
  const known = { ...blockKeys, ...keys };
  return [
    `## ${heading}`,
    ...common,
    ...blocks.flatMap(([name, block]) => [
      `### ${code(label(name.slice(`block-${section}-`.length)))}`,
      block.description ?? "",
      ...(block.anyOf && !block.properties ? block.anyOf : [block]).map((one) => ownTable(one, known)),
    ]),
  ];
}

/** The keys a block has beyond those of all blocks. */
function ownTable(block: JsonSchema, known: Readonly<Record<string, JsonSchema>>): string {
  const own = Object.entries(block.properties ?? {}).filter(
    ([key, schema]) => known[key]?.description !== schema.description || !known[key],
  );
  const found = rows({ ...block, properties: Object.fromEntries(own) }, "");
  const rule = block["x-expected"] === undefined ? "" : `\n\nExpected: ${block["x-expected"]}.`;
  return found.length === 0 ? "No keys of its own." : `${table(found)}${rule}`;
}

function defPart(name: string, def: JsonSchema): string[] {
  const found = rows(def, "");
  const type = found.length === 0 || def.type !== "object" ? `${capital(expected(def))}.` : "";
  const example = def.examples?.[0] === undefined ? "" : `Example: ${code(flow(def.examples[0]))}`;
  return [
    `### ${name}`,
    def.description ?? "",
    type === `${def.description}` ? "" : type,
    found.length === 0 ? "" : table(found),
    example,
  ];
}

interface Row {
  readonly key: string;
  readonly type: string;
  readonly required: boolean;
  readonly description: string;
}

/** A row for every key a schema names, nested ones with their path. */
function rows(schema: JsonSchema, at: string, when = ""): Row[] {
  const required = new Set(schema.required);
  const own = Object.entries(schema.properties ?? {}).flatMap(([key, sub]) =>
    rowsOf(sub, { key: `${at}${key}`, required: required.has(key), when }),
  );
  const patterns = Object.entries(schema.patternProperties ?? {}).flatMap(([pattern, sub]) =>
    rowsOf(sub, { key: `${at}${patternName(pattern)}`, required: false, when }),
  );
  const others =
    typeof schema.additionalProperties === "object" ? nested(schema.additionalProperties, `${at}NAME.`, when) : [];
  const branches = [schema, ...(schema.allOf ?? [])].flatMap((branch) => {
    if (!branch.if) return branch === schema ? [] : rows(branch, at, when);
    const served = branch.then?.$comment === madeByServer;
    return [...(served ? [] : rows(branch.then ?? {}, at, condition(branch.if))), ...rows(branch.else ?? {}, at, when)];
  });
  const found = [...own, ...patterns, ...others, ...branches];
  return found.filter(
    (row, index) => row.type !== "something else" || !found.some(({ key }, other) => key === row.key && other < index),
  );
}

/** `^test(_\\w+)?$` as people read it: `test[_NAME]`. */
const patternName = (pattern: string): string => {
  const words = pattern.replace(/^\^|\$$/g, "").replaceAll(/\(([^()\\]*)\\w\+\)\?/g, "[$1NAME]");
  return words.includes("NAME") ? words : `${words}NAME`;
};

const condition = (schema: JsonSchema): string => {
  const value = Object.entries(schema.properties ?? {}).find(([, sub]) => "const" in sub);
  return value ? `${value[0]}: ${String(value[1].const)}` : `with ${schema.required?.join(", ") ?? ""}`;
};

function rowsOf(
  schema: JsonSchema,
  row: { readonly key: string; readonly required: boolean; readonly when: string },
): Row[] {
  const when = row.when === "" ? "" : `(${row.when}) `;
  const byDefault = schema.default === undefined ? "" : ` Default: ${code(flow(schema.default))}.`;
  const description = `${when}${schema.description ?? describedBy(schema.$ref)}${byDefault}`.trim();
  return [
    { key: row.key, type: typeOf(schema), required: row.required, description },
    ...nested(schema, `${row.key}.`, row.when),
  ];
}

function nested(schema: JsonSchema, at: string, when: string): Row[] {
  if (schema.items) return nested(schema.items, at.replace(/\.$/, "[]."), when);
  const branches = (schema.anyOf ?? schema.oneOf ?? []).flatMap((branch) =>
    branch.properties || branch.items ? nested(branch, at, when) : [],
  );
  return [...rows(schema, at, when), ...branches];
}

function typeOf(schema: JsonSchema): string {
  if (schema.$ref) return refLink(schema.$ref);
  if (schema.items?.$ref) return `list of ${refLink(schema.items.$ref)}`;
  const other = schema.additionalProperties;
  if (typeof other === "object" && other.$ref) return `mapping of names to ${refLink(other.$ref)}`;
  if (schema.enum || "const" in schema || schema.anyOf || schema.oneOf) return cell(expected(schema));
  if (schema.type === undefined) return "anything";
  return cell(
    expected({
      ...(schema.type === undefined ? {} : { type: schema.type }),
      ...(schema.items ? { items: schema.items } : {}),
      ...(schema.minimum === undefined ? {} : { minimum: schema.minimum }),
      ...(schema.maximum === undefined ? {} : { maximum: schema.maximum }),
    }),
  );
}

/** A reference without words of its own has those of what it refers to. */
const describedBy = (ref: string | undefined): string =>
  ref === undefined ? "" : (commonSchema.$defs?.[ref.slice(ref.lastIndexOf("/") + 1)]?.description ?? "");

const refLink = (ref: string): string => {
  const name = ref.slice(ref.lastIndexOf("/") + 1);
  return `[${name}](#${name.toLowerCase()})`;
};

const table = (found: readonly Row[]): string =>
  [
    "| key | value | required | |",
    "|---|---|---|---|",
    ...found.map(
      ({ key, type, required, description }) =>
        `| ${code(key)} | ${type} | ${required ? "yes" : ""} | ${cell(description)} |`,
    ),
  ].join("\n");

const code = (text: string): string => `\`${text}\``;
const cell = (text: string): string => text.replaceAll("|", "\\|");
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** A value as YAML in flow style. */
function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(", ")}]`;
  if (typeof value === "object" && value !== null)
    return `{${Object.entries(value)
      .map(([key, member]) => `${key}: ${flow(member)}`)
      .join(", ")}}`;
  return typeof value === "string" && !/^[\w./~@:+ =-]*[\w/@]$/.test(value) ? JSON.stringify(value) : String(value);
}
