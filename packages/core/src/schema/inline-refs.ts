import { bugError } from "../errors.js";
import { commonSchema } from "./common-schema.js";
import type { JsonSchema } from "./json-schema.js";

const prefix = "basalt:common#/$defs/";

/** Applies a function to every schema directly inside a schema. */
export function mapSubschemas(schema: JsonSchema, map: (sub: JsonSchema, keyword: string) => JsonSchema): JsonSchema {
  const mapped: Record<string, unknown> = { ...schema };
  for (const keyword of ["properties", "patternProperties", "$defs"] as const) {
    const members = schema[keyword];
    if (members)
      mapped[keyword] = Object.fromEntries(Object.entries(members).map(([key, sub]) => [key, map(sub, keyword)]));
  }
  for (const keyword of ["allOf", "anyOf", "oneOf"] as const) {
    const members = schema[keyword];
    if (members) mapped[keyword] = members.map((sub) => map(sub, keyword));
  }
  for (const keyword of ["items", "additionalProperties", "propertyNames", "not", "if", "then", "else"] as const) {
    const sub = schema[keyword];
    if (typeof sub === "object") mapped[keyword] = map(sub, keyword);
  }
  return mapped;
}

/** The definition of core a schema refers to. Throws ERR_SCHEMA_REF where there is none of that name. */
export function resolveRef(ref: string): JsonSchema {
  const found = ref.startsWith(prefix) ? commonSchema.$defs?.[ref.slice(prefix.length)] : undefined;
  if (found) return found;
  const known = Object.keys(commonSchema.$defs ?? {}).join(", ");
  throw bugError("ERR_SCHEMA_REF", `a schema refers to ${ref}, which is not there: ${prefix} holds ${known}`);
}

/** What a schema with `$ref` and keywords beside it comes to: the referred one, with properties added or replaced. */
export function extendSchema(base: JsonSchema, own: JsonSchema): JsonSchema {
  const { $ref: _, ...rest } = own;
  return {
    ...base,
    ...rest,
    ...(base.properties || own.properties ? { properties: { ...base.properties, ...own.properties } } : {}),
    ...(base.required || own.required
      ? { required: [...new Set([...(base.required ?? []), ...(own.required ?? [])])] }
      : {}),
  };
}

/** A schema with every reference to core's definitions replaced by the definition, so that error paths stay in one document. */
export function inlineRefs(schema: JsonSchema): JsonSchema {
  if (schema.$ref === undefined) return mapSubschemas(schema, inlineRefs);
  return inlineRefs(extendSchema(resolveRef(schema.$ref), schema));
}
