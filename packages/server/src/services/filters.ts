import { isJsonObject } from "@basalt/core";
import { badRequest } from "../submit/refusals.js";
import { compilers, type Field, type Fields, lookupsOf, unknownName } from "./fields.js";
import { allOf, type Sql, sql, within } from "./sql.js";
import type { Filter } from "./types.js";

/** Lookups of a field that holds JSON (spec 4, `metadata__has_key`). */
const jsonLookups = ["has_key", "has_keys", "has_any_keys", "contains", "exact", "isnull"];
const allLookups = new Set([...Object.keys(compilers), ...jsonLookups]);

/** Splits `field__lookup`; what does not end in a lookup is `exact`. */
export function splitFilter(key: string, value: string): Filter {
  const parts = key.split("__");
  const last = parts.at(-1) ?? "";
  const hasLookup = parts.length > 1 && allLookups.has(last);
  return { field: hasLookup ? parts.slice(0, -1) : parts, lookup: hasLookup ? last : "exact", value };
}

/** A field as such, the field a relation is known by (`submitter` for `submitter__username`), or a path into one that holds JSON. */
function find(fields: Fields, path: readonly string[]): { readonly field: Field; readonly inside: readonly string[] } {
  const own = Object.hasOwn(fields, path.join("__")) ? fields[path.join("__")] : undefined;
  if (own) return { field: own, inside: [] };
  const [first = "", ...inside] = path;
  const json = Object.hasOwn(fields, first) ? fields[first] : undefined;
  if (json?.type === "json") return { field: json, inside };
  throw unknownName("field to filter by", path.join("__"), Object.keys(fields));
}

function jsonKeys(value: string): string[] {
  return value
    .split(",")
    .map((key) => key.trim())
    .filter((key) => key !== "");
}

function compileJson(field: Field, inside: readonly string[], { lookup, value, field: path }: Filter): Sql {
  const { column } = field;
  if (inside.length > 0) {
    const compile = lookupsOf.text.includes(lookup) ? compilers[lookup] : undefined;
    if (!compile) throw unknownName(`lookup of ${path.join("__")}`, lookup, lookupsOf.text);
    const inner = compile("@", value, { type: "text", column: "@" }, path.join("__"));
    // the path stands before the value wherever the column stands
    const places = inner.text.split("@").length - 1;
    const list = Array.from({ length: places }, () => [...inside]);
    return sql(inner.text.replaceAll("@", `(${column} #>> ?::text[])`), ...list, ...inner.values);
  }
  switch (lookup) {
    case "has_key":
      // knex takes a question mark for a place of a value
      return sql(`jsonb_exists(${column}, ?)`, value);
    case "has_keys":
      return sql(`jsonb_exists_all(${column}, ?)`, jsonKeys(value));
    case "has_any_keys":
      return sql(`jsonb_exists_any(${column}, ?)`, jsonKeys(value));
    case "isnull":
      return sql(`${column} is ${/^(?:true|1)$/i.test(value) ? "" : "not "}null`);
    case "contains":
    case "exact": {
      const wanted = parsed(value);
      if (!isJsonObject(wanted))
        throw badRequest("ERR_FILTER_VALUE", `${path.join("__")}: '${value}' is no JSON object`, {
          details: { field: path.join("__") },
        });
      return sql(`${column} ${lookup === "contains" ? "@>" : "="} ?::jsonb`, JSON.stringify(wanted));
    }
    default:
      throw unknownName(`lookup of ${path.join("__")}`, lookup, jsonLookups);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function compileOne(fields: Fields, filter: Filter): Sql {
  const where = filter.field.join("__");
  // PostgreSQL's texts can't hold it
  if (filter.value.includes("\0"))
    throw badRequest("ERR_FILTER_VALUE", `${where}: a NUL character can't be looked for`);
  const { field, inside } = find(fields, filter.field);
  if (field.type === "json") return compileJson(field, inside, filter);
  const compile = lookupsOf[field.type].includes(filter.lookup) ? compilers[filter.lookup] : undefined;
  if (!compile) throw unknownName(`lookup of ${where}`, filter.lookup, lookupsOf[field.type]);
  if (field.any !== undefined && filter.lookup === "isnull") {
    const some = within(field.any, sql("true"));
    return /^(?:true|1|yes|t)$/i.test(filter.value) ? { ...some, text: `not (${some.text})` } : some;
  }
  const condition = compile(field.column, filter.value, field, where);
  return field.any === undefined ? condition : within(field.any, condition);
}

/** Filters as a condition. @throws ERR_FILTER_UNKNOWN, ERR_FILTER_VALUE (400) */
export const compileFilters = (fields: Fields, filters: readonly Filter[] = []): Sql =>
  allOf(filters.map((filter) => compileOne(fields, filter)));

/** `a,-b` as the text of ORDER BY. @throws ERR_FILTER_UNKNOWN (400) */
export function compileOrdering(columns: Readonly<Record<string, string>>, ordering: string): string {
  return ordering
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "")
    .map((item) => {
      const name = item.replace(/^-/, "");
      const column = Object.hasOwn(columns, name) ? columns[name] : undefined;
      if (column === undefined) throw unknownName("field to order by", name, Object.keys(columns));
      return `${column} ${item.startsWith("-") ? "desc nulls last" : "asc nulls first"}`;
    })
    .join(", ");
}
