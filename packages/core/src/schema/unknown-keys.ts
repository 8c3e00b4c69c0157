import { closest } from "../closest.js";
import { isJsonObject, type JsonObject } from "../json.js";
import type { YamlPath } from "../yaml/path.js";
import { meets } from "./applicable.js";
import type { JsonSchema } from "./json-schema.js";
import { type SchemaGroup, schemaGroup } from "./schema-group.js";

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
  const path: (string | number)[] = [];
  const visit = (group: SchemaGroup, at: unknown, key?: string | number): void => {
    // most of a large job is texts, and what may be anything
    if (typeof at !== "object" || at === null || group.isSilent || found.length >= mostUnknown) return;
    if (key !== undefined) path.push(key);
    const speaking = group.speakingAbout(at);
    if (Array.isArray(at)) for (const [index, item] of at.entries()) visit(speaking.items(), item, index);
    else if (isJsonObject(at)) visitMapping(speaking, at);
    if (key !== undefined) path.pop();
  };
  const visitMapping = (speaking: SchemaGroup, at: JsonObject): void => {
    const { schemas } = speaking;
    const closed = schemas.some((one) => one.properties) && !schemas.some((one) => isOpen(one, at));
    for (const [key, member] of Object.entries(at)) {
      if (found.length >= mostUnknown) return;
      const group = speaking.ofKey(key);
      const isKnown = group.schemas.length > 0;
      if (isKnown && !(options.strict && group.schemas.some(looseOnly))) visit(group, member, key);
      else if (closed || isKnown) {
        const known = [...new Set(schemas.flatMap((one) => Object.keys(one.properties ?? {})))];
        found.push({ path: [...path, key], known, nearest: closest(key, known) });
      }
    }
  };
  visit(schemaGroup(schema), value);
  return found;
}

/** Whether a schema lets any key pass: it says so, or none of its branches by a key's value fits (which is told elsewhere). */
function isOpen(schema: JsonSchema, value: unknown): boolean {
  if (schema.additionalProperties) return true;
  if (schema.allOf === undefined) return false;
  const branches = schema.allOf.filter((one) => one.if?.properties);
  return branches.length > 0 && !branches.some((one) => one.if && meets(one.if, value));
}
