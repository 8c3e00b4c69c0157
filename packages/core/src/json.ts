/** Data as YAML and JSON give it. Integers too large for a number stay exact as text. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json | undefined;
}

export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The value as an object: `{}` for anything else. LAVA's files write `key:` (null) where they mean "present, nothing to say". */
export const asObject = (value: unknown): JsonObject => (isJsonObject(value) ? value : {});

/** The value as a list: a single value becomes a list of one, null and undefined an empty one. */
export function asList(value: Json | undefined): readonly Json[] {
  if (value === null || value === undefined) return [];
  return Array.isArray(value) ? value : [value as Json];
}

/** The value as text, where YAML may have read a number or a boolean. */
export const asText = (value: Json | undefined): string | undefined =>
  value === null || value === undefined || typeof value === "object" ? undefined : String(value);

/** All text of a value that is a string or a list of strings. */
export const asTexts = (value: Json | undefined): readonly string[] =>
  asList(value).flatMap((item) => asText(item) ?? []);

/** Follows keys into nested objects; undefined where one is missing. */
export function dig(value: unknown, ...keys: readonly string[]): Json | undefined {
  let at: unknown = value;
  for (const key of keys) {
    if (!isJsonObject(at) || !Object.hasOwn(at, key)) return undefined;
    at = at[key];
  }
  return at as Json | undefined;
}

/** Whether a key is present, even with a null value. */
export const hasKey = (value: unknown, key: string): boolean => isJsonObject(value) && Object.hasOwn(value, key);
