import { type Section, sections } from "../job/job.js";
import { asObject } from "../json.js";
import { commonSchema } from "./common-schema.js";
import { contextVariables } from "./context-variables.js";
import { blockSchema, methodsOf, openBlockSchema, type SchemaContribution, schemasOf } from "./contribution.js";
import { mapSubschemas, resolveRef } from "./inline-refs.js";
import { skeletonWith } from "./job-skeleton.js";
import { type JsonSchema, madeByServer, text, when } from "./json-schema.js";
import { strictify } from "./strictify.js";

/** Which schema {@link assembleJobSchema} makes. */
export interface AssembleOptions {
  /** Refuse unknown keys, as LAVA's strict schema does. */
  readonly strict?: boolean;
  readonly extraContextVariables?: readonly string[];
}

/** The whole schema of jobs as one JSON Schema 2020-12 document, for editors: core's part and that of every plugin. */
export function assembleJobSchema(
  contributions: readonly SchemaContribution[],
  options: AssembleOptions = {},
): JsonSchema {
  const blocks: Record<string, JsonSchema> = {};
  for (const section of sections)
    for (const method of methodsOf(section, contributions))
      blocks[blockName(section, method)] = blockSchema(section, schemasOf(section, method, contributions));
  const document: JsonSchema = {
    ...skeleton(contributions, options),
    $defs: { ...commonSchema.$defs, ...blocks },
  };
  const schema = options.strict ? strictDocument(document) : document;
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: options.strict ? "basalt:job-strict" : "basalt:job",
    title: "LAVA job",
    ...localRefs(schema),
  };
}

const blockName = (section: Section, method: string): string =>
  section === "command" ? "block-command" : `block-${section}-${method}`;

const hasMultinode = (multinode: JsonSchema): JsonSchema => ({
  required: ["protocols"],
  properties: { protocols: { required: ["lava-multinode"], properties: { "lava-multinode": multinode } } },
});

/** Keys a server leaves at the top of a job it made out of a MultiNode job. */
const splitJob: JsonSchema = {
  $comment: madeByServer,
  properties: {
    connection: text("Kind of connection to the host; given by the server."),
    host_role: text("Role of the host; given by the server."),
  },
};

function skeleton(contributions: readonly SchemaContribution[], options: AssembleOptions): JsonSchema {
  const base = skeletonWith(contributions);
  const { actions, context, ...properties } = base.properties ?? {};
  const names = { enum: [...contextVariables, ...(options.extraContextVariables ?? [])] };
  const action: JsonSchema = {
    type: "object",
    minProperties: 1,
    maxProperties: 1,
    properties: Object.fromEntries(sections.map((section) => [section, sectionSchema(section, contributions)])),
    additionalProperties: false,
  };
  return {
    ...base,
    allOf: [
      when(hasMultinode({ required: ["target_group"] }), splitJob),
      when(hasMultinode({}), {}, { required: ["device_type"] }),
    ],
    properties: {
      ...properties,
      context: { ...context, propertyNames: names },
      actions: { ...actions, items: action },
    },
  };
}

const reference = (section: Section, method: string): JsonSchema => ({ $ref: `#/$defs/${blockName(section, method)}` });

/** A block: told by `to`, `method`, or for tests by the key that is there. */
function sectionSchema(section: Section, contributions: readonly SchemaContribution[]): JsonSchema {
  const methods = methodsOf(section, contributions);
  if (section === "command") return methods.length > 0 ? reference(section, "command") : { not: {} };
  if (section === "test") return testSchema(methods);
  const key = section === "deploy" ? "to" : "method";
  return {
    type: "object",
    required: [key],
    properties: { [key]: { ...openBlockSchema(section).properties?.[key], enum: methods } },
    allOf: methods.map((method) =>
      when({ required: [key], properties: { [key]: { const: method } } }, reference(section, method)),
    ),
  };
}

/** Kinds of test are told in this order (lava-dispatcher.md 1.6). */
function testSchema(methods: readonly string[]): JsonSchema {
  const kind = (name: string): JsonSchema => (methods.includes(name) ? reference("test", name) : { not: {} });
  const choose = (key: string, then: JsonSchema, otherwise: JsonSchema): JsonSchema =>
    when({ required: [key] }, then, otherwise);
  const others = ["interactive", "monitors", "services"].reduceRight((rest, name) => choose(name, kind(name), rest), {
    not: {},
  } as JsonSchema);
  return { type: "object", ...choose("definitions", choose("docker", kind("docker"), kind("definitions")), others) };
}

const localName = (ref: string): string => ref.replace(/^basalt:common#/, "#");

/** The definitions' own document is not at hand for an editor: they stand in `$defs`. */
const localRefs = (schema: JsonSchema): JsonSchema => {
  const mapped = mapSubschemas(schema, localRefs);
  return schema.$ref === undefined ? mapped : { ...mapped, $ref: localName(schema.$ref) };
};

function strictDocument(document: JsonSchema): JsonSchema {
  const { $defs = {}, ...top } = document;
  const resolve = (ref: string): JsonSchema =>
    ref.startsWith("#/$defs/") ? (($defs[ref.slice(8)] ?? {}) as JsonSchema) : resolveRef(ref);
  // A definition is closed where it is used, so that its users may add keys to it.
  const defs = Object.entries($defs).map(([name, schema]) => {
    const { unevaluatedProperties: _, ...open } = strictify(schema, resolve);
    return [name, open];
  });
  return { ...strictify(top, resolve), $defs: asObject(Object.fromEntries(defs)) as Record<string, JsonSchema> };
}
