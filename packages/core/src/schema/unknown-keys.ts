import { closest } from "../closest.js";
import { isJsonObject } from "../json.js";
import type { YamlPath } from "../yaml/path.js";
import { applicable, meets } from "./applicable.js";
import type { JsonSchema } from "./json-schema.js";

/** A key that no schema knows, with the known one it may be meant for. */
export interface UnknownKey {
  readonly path: YamlPath;
  readonly known: readonly string[];
  readonly nearest: string | undefined;
}

/** LAVA's strict schema has no such key, though LAVA reads it. */
const looseOnly = (schema: JsonSchema): boolean => {
  const strict = schema["x-strict"];
  return strict?.not !== undefined && Object.keys(strict.not).length === 0;
};

/** To find the word that was meant takes time for each. */
const mostUnknown = 200;

/** Keys of a value that the schema (without references) does not name, the first 200. */
export function unknownKeys(schema: JsonSchema, value: unknown, options: { readonly strict: boolean }): UnknownKey[] {
  const found: UnknownKey[] = [];
  const visit = (schemas: readonly JsonSchema[], at: unknown, path: YamlPath): void => {
    if (found.length >= mostUnknown) return;
    const speaking = schemas.flatMap((one) => applicable(one, at));
    if (Array.isArray(at)) {
      const items = speaking.flatMap((one) => one.items ?? []);
      for (const [index, item] of at.entries()) visit(items, item, [...path, index]);
    } else if (isJsonObject(at)) {
      const closed = speaking.some((one) => one.properties) && !speaking.some((one) => isOpen(one, at));
      for (const [key, member] of Object.entries(at)) {
        if (found.length >= mostUnknown) return;
        const about = speaking.flatMap((one) => schemasOfKey(one, key));
        if (about.length > 0 && !(options.strict && about.some(looseOnly))) visit(about, member, [...path, key]);
        else if (closed || about.length > 0) {
          const known = [...new Set(speaking.flatMap((one) => Object.keys(one.properties ?? {})))];
          found.push({ path: [...path, key], known, nearest: closest(key, known) });
        }
      }
    }
  };
  visit([schema], value, []);
  return found;
}

/** Whether a schema lets any key pass: it says so, or none of its branches by a key's value fits (which is told elsewhere). */
function isOpen(schema: JsonSchema, value: unknown): boolean {
  if (schema.additionalProperties) return true;
  const branches = (schema.allOf ?? []).filter((one) => one.if?.properties);
  return branches.length > 0 && !branches.some((one) => one.if && meets(one.if, value));
}

function schemasOfKey(schema: JsonSchema, key: string): JsonSchema[] {
  const named = schema.properties && Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined;
  const patterns = Object.entries(schema.patternProperties ?? {}).filter(([pattern]) => new RegExp(pattern).test(key));
  const about = [...(named ? [named] : []), ...patterns.map(([, sub]) => sub)];
  if (about.length > 0) return about;
  return typeof schema.additionalProperties === "object" ? [schema.additionalProperties] : [];
}
