import type { Section } from "../job/job.js";
import { blockKeys, sectionKeys } from "./common-defs.js";
import type { JsonSchema } from "./json-schema.js";

/** What a plugin brings to the job's schema: the keys of one method of a section, or of one protocol. */
export interface SchemaContribution {
  readonly section: Section | "protocol";
  /** `deploy.to`, `boot.method`, the kind of test (definitions, docker, interactive, monitors, services), `command`, or a protocol's name. */
  readonly method: string;
  /** JSON Schema 2020-12 of the block's own keys. May refer to `basalt:common#/$defs/...`. */
  readonly schema: object;
}

/** The parts of strategies and protocols that make the job's schema. */
export function contributionsOf(plugins: {
  readonly strategies?: readonly {
    readonly section: Section;
    readonly methods: readonly string[];
    readonly schema: object;
  }[];
  readonly protocols?: readonly { readonly name: string; readonly schema: object }[];
}): SchemaContribution[] {
  const blocks = (plugins.strategies ?? []).flatMap(({ section, methods, schema }) =>
    methods.map((method) => ({ section, method, schema })),
  );
  const protocols = (plugins.protocols ?? []).map(({ name, schema }) => ({
    section: "protocol" as const,
    method: name,
    schema,
  }));
  return [...blocks, ...protocols];
}

/** Names of the methods (kinds of test) a section has, sorted. */
export const methodsOf = (
  section: SchemaContribution["section"],
  contributions: readonly SchemaContribution[],
): string[] => [...new Set(contributions.filter((one) => one.section === section).map(({ method }) => method))].sort();

/** The distinct schemas that plugins gave for a method. */
export const schemasOf = (
  section: SchemaContribution["section"],
  method: string,
  contributions: readonly SchemaContribution[],
): JsonSchema[] => [
  ...new Set(
    contributions
      .filter((one) => one.section === section && one.method === method)
      .map((one) => one.schema as JsonSchema),
  ),
];

/** The schema of a whole block: keys common to all, those of the section, and the method's own, which win. */
export function blockSchema(section: Section, own: readonly JsonSchema[]): JsonSchema {
  const whole = own.map((schema) => ({
    ...schema,
    type: "object",
    properties: { ...blockKeys, ...sectionKeys[section], ...schema.properties },
  }));
  return whole.length === 1 && whole[0] ? whole[0] : { type: "object", anyOf: whole };
}

/** The keys every block of a section may have, whatever its method. */
export const openBlockSchema = (section: Section): JsonSchema => ({
  type: "object",
  properties: { ...blockKeys, ...sectionKeys[section] },
  additionalProperties: true,
});
