import type { ErrorObject } from "ajv";
import { closest } from "../closest.js";
import { isJsonObject } from "../json.js";
import type { YamlPath } from "../yaml/path.js";
import { expected } from "./expected.js";
import type { JsonSchema } from "./json-schema.js";

/** A violation of a schema in words. */
export interface Violation {
  readonly kind: "value" | "missing";
  readonly path: YamlPath;
  readonly value: unknown;
  readonly expected: string;
  readonly message: string;
}

/** Alternatives are settled by comparing all with all. */
const mostErrors = 500;

/** What ajv found (the first 500), in words: of alternatives (anyOf, oneOf) only the branch that was meant, or none of them. */
export function explain(errors: readonly ErrorObject[], root: unknown): Violation[] {
  const told = errors.filter(({ keyword }) => keyword !== "if" && keyword !== "propertyNames").slice(0, mostErrors);
  return settleAlternatives(told).map((error) => inWords(error, toPath(error.instancePath, root)));
}

const isAlternative = ({ keyword }: ErrorObject): boolean => keyword === "anyOf" || keyword === "oneOf";

function settleAlternatives(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  // Outermost first: what is inside a branch that was not meant is not told at all.
  const alternatives = errors.filter(isAlternative).sort((a, b) => a.schemaPath.length - b.schemaPath.length);
  let left = errors;
  for (const error of alternatives) {
    if (!left.includes(error)) continue;
    const inside = left.filter((one) => one !== error && isUnder(one, error));
    const meant = meantBranch(error, inside);
    left = left.filter((one) => (meant ? one !== error : true) && (!inside.includes(one) || meant?.includes(one)));
  }
  return left;
}

const isUnder = (one: ErrorObject, alternative: ErrorObject): boolean =>
  one.schemaPath.startsWith(`${alternative.schemaPath}/`) &&
  (one.instancePath === alternative.instancePath || one.instancePath.startsWith(`${alternative.instancePath}/`));

/** The errors of the branch the author seems to have meant: the one whose type fits, if there is just one. */
function meantBranch(alternative: ErrorObject, inside: readonly ErrorObject[]): readonly ErrorObject[] | undefined {
  const count = (alternative.schema as readonly unknown[]).length;
  const branches = Array.from({ length: count }, (_, at) =>
    inside.filter(({ schemaPath }) => schemaPath.startsWith(`${alternative.schemaPath}/${at}/`)),
  );
  const here = ({ instancePath }: ErrorObject): boolean => instancePath === alternative.instancePath;
  const fitting = branches.filter(
    (branch) => !branch.some((one) => here(one) && /^(?:type|enum|const)$/.test(one.keyword)),
  );
  const words = (alternative.parentSchema as JsonSchema)["x-expected"] !== undefined;
  const [only] = fitting;
  if (fitting.length !== 1 || !only || only.length === 0) return undefined;
  return words && only.every(here) ? undefined : only;
}

/** A JSON pointer as a path; list indexes become numbers. */
function toPath(pointer: string, root: unknown): YamlPath {
  const path: (string | number)[] = [];
  let at = root;
  for (const part of pointer.split("/").slice(1)) {
    const step = part.replaceAll("~1", "/").replaceAll("~0", "~");
    path.push(Array.isArray(at) ? Number(step) : step);
    at = Array.isArray(at) ? at[Number(step)] : isJsonObject(at) ? at[step] : undefined;
  }
  return path;
}

function inWords(error: ErrorObject, path: YamlPath): Violation {
  const schema = (error.parentSchema ?? {}) as JsonSchema;
  const { params, data, propertyName } = error;
  if (propertyName !== undefined) {
    const known = (schema.enum ?? []).map(String);
    const near = closest(propertyName, known);
    const hint = near ? `; did you mean ${near}?` : "";
    const value = isJsonObject(data) ? data[propertyName] : propertyName;
    return {
      kind: "value",
      path: [...path, propertyName],
      value,
      expected: expected(schema),
      message: `${propertyName} is no known key here${hint}`,
    };
  }
  if (error.keyword === "required") return missing(schema, path, params.missingProperty, "");
  if (error.keyword === "dependentRequired")
    return missing(schema, path, params.missingProperty, ` beside ${params.property}`);
  return { kind: "value", path, value: data, expected: expected(schema), message: messageOf(error, schema) };
}

function missing(schema: JsonSchema, path: YamlPath, key: string, beside: string): Violation {
  const sub = schema.properties?.[key];
  const wanted = sub ? expected(sub) : "";
  return {
    kind: "missing",
    path,
    value: undefined,
    expected: `${key}${wanted && wanted !== "something else" ? `: ${wanted}` : ""}`,
    message: `${key} is missing${beside}`,
  };
}

const messages: Readonly<Record<string, string>> = {
  minimum: "too small",
  maximum: "too large",
  minLength: "too short",
  maxLength: "too long",
  pattern: "does not have the right form",
  const: "not what has to stand here",
};

function messageOf({ keyword, data, params }: ErrorObject, schema: JsonSchema): string {
  if (keyword === "type" && [params.type].flat().includes("string") && !isContainer(data) && data !== null)
    return `YAML reads this as ${typeName(data)}, not as text: put it in quotes`;
  if ((keyword === "enum" || keyword === "anyOf") && typeof data === "string") {
    const near = nearestWord(data, wordsOf(schema));
    if (near) return `not a known value; did you mean ${near}?`;
  }
  if (keyword === "type") return `${typeName(data)} cannot stand here`;
  if (keyword === "minProperties" || keyword === "maxProperties")
    return `has ${Object.keys(data as object).length} keys`;
  return messages[keyword] ?? "not a valid value";
}

/** `gzip` is near to zip, but meant is gz. */
const nearestWord = (word: string, known: readonly string[]): string | undefined =>
  known.find((one) => one.length > 1 && word.startsWith(one)) ?? closest(word, known);

const wordsOf = (schema: JsonSchema): string[] => [
  ...(schema.enum ?? []).filter((one) => typeof one === "string"),
  ...(schema.anyOf ?? []).flatMap(wordsOf),
];

const isContainer = (value: unknown): boolean => typeof value === "object" && value !== null;

function typeName(value: unknown): string {
  if (value === null) return "nothing (null)";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a mapping";
  return typeof value === "string" ? "a text" : typeof value === "boolean" ? "a yes-or-no value" : "a number";
}
