import { isJsonObject } from "../json.js";
import type { JsonSchema } from "./json-schema.js";

/**
 * The schemas that speak about a value: the schema itself, what it combines (allOf, anyOf, oneOf), and the branch of
 * if/then/else that applies. Branches for another type, or for another value of a key with a `const`, are left out.
 * Conditions are read as {@link discriminate} writes them: `required` and `const`.
 */
export function applicable(schema: JsonSchema, value: unknown): JsonSchema[] {
  const found: JsonSchema[] = [];
  collect(schema, value, found);
  return found;
}

function collect(schema: JsonSchema, value: unknown, found: JsonSchema[]): void {
  if (!fitsType(schema, value)) return;
  found.push(schema);
  for (const branches of [schema.allOf, schema.anyOf, schema.oneOf])
    if (branches) for (const branch of branches) collect(branch, value, found);
  const chosen = schema.if ? (meets(schema.if, value) ? schema.then : schema.else) : undefined;
  if (chosen) collect(chosen, value, found);
}

function fitsType({ type }: JsonSchema, value: unknown): boolean {
  if (type === undefined) return true;
  const types = typeof type === "string" ? [type] : type;
  if (Array.isArray(value)) return types.includes("array");
  if (isJsonObject(value)) return types.includes("object");
  return !types.every((one) => one === "array" || one === "object");
}

/** Whether a value meets a condition of `required` keys and `const` values. */
export function meets(condition: JsonSchema, value: unknown): boolean {
  if (!isJsonObject(value)) return true;
  for (const key of condition.required ?? []) if (!Object.hasOwn(value, key)) return false;
  const { properties = {} } = condition;
  for (const key of Object.keys(properties)) {
    const wanted = properties[key]?.const;
    if (wanted !== undefined && Object.hasOwn(value, key) && value[key] !== wanted) return false;
  }
  return true;
}
