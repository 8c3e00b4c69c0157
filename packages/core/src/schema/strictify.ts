import { mapSubschemas } from "./inline-refs.js";
import type { JsonSchema } from "./json-schema.js";

/** Whether a property is one LAVA reads though its strict schema does not know it. */
const looseOnly = (schema: JsonSchema): boolean => schema["x-strict"]?.not !== undefined;

/** Keywords whose schemas describe a value of their own; all others add to the description of the same value. */
const ownValue = new Set(["properties", "patternProperties", "items", "additionalProperties"]);

/**
 * The strict variant of a schema with references to `$defs`: keys that nothing names are refused, and schemas with
 * `x-strict` are replaced by it. The root of a definition stays open, because users of it may add keys.
 */
export function strictify(schema: JsonSchema, resolve: (ref: string) => JsonSchema): JsonSchema {
  const visit = (node: JsonSchema, ownsValue: boolean): JsonSchema => {
    const strict = node["x-strict"];
    if (strict && !looseOnly(node)) return visit(strict, ownsValue);
    const kept =
      node.properties && Object.fromEntries(Object.entries(node.properties).filter(([, sub]) => !looseOnly(sub)));
    const inner = mapSubschemas(kept ? { ...node, properties: kept } : node, (sub, keyword) =>
      visit(sub, ownValue.has(keyword)),
    );
    return ownsValue && isClosed(node, resolve) ? { ...inner, unevaluatedProperties: false } : inner;
  };
  return visit(schema, true);
}

/** Whether a schema lists the keys of a mapping, itself or through what it combines. */
function isClosed(schema: JsonSchema, resolve: (ref: string) => JsonSchema): boolean {
  if (schema.additionalProperties !== undefined || schema.unevaluatedProperties !== undefined) return false;
  if (schema.properties) return true;
  const target = schema.$ref === undefined ? undefined : resolve(schema.$ref);
  const branches = [
    schema.then,
    schema.else,
    ...(schema.allOf ?? []),
    ...(schema.anyOf ?? []),
    ...(schema.oneOf ?? []),
  ];
  return [target?.["x-strict"] ?? target, ...branches].some((one) => one !== undefined && isClosed(one, resolve));
}
