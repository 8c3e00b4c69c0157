import type { JsonSchema } from "./json-schema.js";

const types: Readonly<Record<string, string>> = {
  string: "a text",
  integer: "a whole number",
  number: "a number",
  boolean: "true or false",
  object: "a mapping",
  array: "a list",
  null: "nothing",
};

const either = (parts: readonly string[]): string => [...new Set(parts)].join(" or ");

/** What a schema asks for, in words: "one of gz, xz", "a number of at least 1", "a text or a list of texts". */
export function expected(schema: JsonSchema): string {
  const words = schema["x-expected"];
  if (words) return words;
  if ("const" in schema) return word(schema.const);
  if (schema.enum)
    return schema.enum.length === 1 ? word(schema.enum[0]) : `one of ${[...new Set(schema.enum.map(word))].join(", ")}`;
  const branches = schema.anyOf ?? schema.oneOf;
  if (branches && (schema.type === undefined || (schema.type === "object" && !schema.required)))
    return either(branches.map(expected));
  if (typeof schema.type === "string") return ofType(schema.type, schema);
  return schema.type ? either(schema.type.map((type) => ofType(type, schema))) : "something else";
}

function ofType(type: string, schema: JsonSchema): string {
  const name = types[type] ?? type;
  if (type === "array") return schema.items ? `a list of ${plural(expected(schema.items))}` : name;
  if (type === "string" && schema.pattern) return `a text that matches ${schema.pattern}`;
  if (type === "string" && schema.minLength)
    return schema.maxLength
      ? `a text of ${schema.minLength} to ${schema.maxLength} characters`
      : "a text that is not empty";
  if (type === "object" && schema.required) return `a mapping with ${schema.required.join(", ")}`;
  if (schema.minimum !== undefined && schema.maximum !== undefined)
    return `${name} from ${schema.minimum} to ${schema.maximum}`;
  return schema.minimum === undefined ? name : `${name} of at least ${schema.minimum}`;
}

/** "a text that is not empty" becomes "texts that are not empty". */
const plural = (words: string): string =>
  words.replace(/^an? (text|mapping|list|number|whole number)\b/, "$1s").replace(/^(\w+s) that is /, "$1 that are ");

const word = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));
