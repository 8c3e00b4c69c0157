import { isJsonObject } from "../json.js";
import type { FieldSchema, ObjectSchema } from "./fields.js";

/** A field's check: what is wrong with a value, in words; undefined if nothing. */
type Check = (value: unknown, path: string) => string | undefined;

const shown = (value: unknown): string => {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
};

const expected = (path: string, what: string, value: unknown): string =>
  value === undefined ? `"${path}" is missing` : `"${path}" is ${shown(value)}, expected ${what}`;

function makeTextCheck({ enum: choices, pattern, maxLength }: Extract<FieldSchema, { type: "string" }>): Check {
  if (choices) {
    const allowed: ReadonlySet<unknown> = new Set(choices);
    return (value, path) => (allowed.has(value) ? undefined : expected(path, `one of ${choices.join(", ")}`, value));
  }
  const regex = pattern === undefined ? undefined : new RegExp(pattern, "u");
  return (value, path) => {
    if (typeof value !== "string") return expected(path, "a text", value);
    if (maxLength !== undefined && value.length > maxLength) return `"${path}" is longer than ${maxLength} characters`;
    return regex === undefined || regex.test(value)
      ? undefined
      : expected(path, `a text that matches ${pattern}`, value);
  };
}

function makeCheck(schema: FieldSchema): Check {
  switch (schema.type) {
    case "string":
      return makeTextCheck(schema);
    case "integer":
    case "number": {
      const { type, minimum, maximum } = schema;
      const what = `${type === "integer" ? "a whole number" : "a number"} from ${minimum} to ${maximum}`;
      const isKind = type === "integer" ? Number.isSafeInteger : Number.isFinite;
      return (value, path) =>
        isKind(value) && (value as number) >= minimum && (value as number) <= maximum
          ? undefined
          : expected(path, what, value);
    }
    case "array": {
      const item = makeCheck(schema.items);
      return (value, path) => {
        if (!Array.isArray(value)) return expected(path, "a list", value);
        if (value.length > schema.maxItems) return `"${path}" has more than ${schema.maxItems} items`;
        for (let at = 0; at < value.length; at++) {
          const problem = item(value[at], `${path}[${at}]`);
          if (problem !== undefined) return problem;
        }
        return undefined;
      };
    }
    case "object":
      return makeObjectCheck(schema);
  }
}

/**
 * A check made once of a schema: it says in words what is wrong with a value. Messages pass at 100,000 lines a second,
 * and ajv loads late and writes its own code; this takes a microsecond, and a test holds it against ajv. Unknown fields pass,
 * so that a newer peer may say more.
 */
export function makeObjectCheck({ properties, required }: ObjectSchema): Check {
  const fields = Object.entries(properties).map(
    ([key, schema]) => [key, makeCheck(schema), required.includes(key)] as const,
  );
  return (value, path) => {
    if (!isJsonObject(value)) return path === "" ? "its header is not an object" : expected(path, "an object", value);
    for (const [key, check, isRequired] of fields) {
      const field = Object.hasOwn(value, key) ? value[key] : undefined;
      if (field === undefined && !isRequired) continue;
      const problem = check(field, path === "" ? key : `${path}.${key}`);
      if (problem !== undefined) return problem;
    }
    return undefined;
  };
}
