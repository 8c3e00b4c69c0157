import { closest } from "@basalt/core";
import { badRequest } from "../submit/refusals.js";
import { type Sql, sql } from "./sql.js";

export type FieldType = "text" | "number" | "decimal" | "time" | "boolean" | "word" | "json";

/** A field that lists can be filtered by, under LAVA's name. */
export interface Field {
  readonly type: FieldType;
  /** An expression of the list's tables, without values. */
  readonly column: string;
  /** Words that a `word` may be, in their proper case. */
  readonly words?: readonly string[];
  /** For what there are several of: a condition around that of one, with `%` in its place. */
  readonly any?: string;
}

/** Fields by path (`requested_device_type__name`). */
export type Fields = Readonly<Record<string, Field>>;

type Compile = (column: string, value: string, field: Field, where: string) => Sql;

const wrong = (where: string, value: string, expected: string): Error =>
  badRequest("ERR_FILTER_VALUE", `${where}: '${value}' is none: expected ${expected}`, {
    details: { field: where },
  });

function booleanOf(value: string, where: string): boolean {
  if (/^(?:true|1|yes|t)$/i.test(value)) return true;
  if (/^(?:false|0|no|f)$/i.test(value)) return false;
  throw wrong(where, value, "true or false");
}

const bigInteger = 2 ** 31;

function typed(value: string, field: Field, where: string): string | number | boolean | Date {
  switch (field.type) {
    case "number": {
      const number = Number(value);
      if (value.trim() === "" || !Number.isInteger(number)) throw wrong(where, value, "a whole number");
      // beyond what a column can hold PostgreSQL would refuse the comparison; the answer is the same
      return Math.max(-bigInteger, Math.min(bigInteger - 1, number));
    }
    case "decimal": {
      if (!/^[+-]?\d{1,20}(?:\.\d{1,20})?$/.test(value)) throw wrong(where, value, "a number");
      return value;
    }
    case "time": {
      const date = new Date(value);
      if (Number.isNaN(date.getTime())) throw wrong(where, value, "a time such as 2026-11-22T10:00:00Z");
      return date;
    }
    case "boolean":
      return booleanOf(value, where);
    case "word": {
      const word = field.words?.find((known) => known.toLowerCase() === value.toLowerCase());
      if (word === undefined) throw wrong(where, value, `one of ${field.words?.join(", ")}`);
      return word;
    }
    default:
      return value;
  }
}

const compare =
  (operator: string): Compile =>
  (column, value, field, where) =>
    sql(`${column} ${operator} ?`, typed(value, field, where));

const textual =
  (make: (column: string) => string): Compile =>
  (column, value) =>
    sql(make(`${column}::text`), value);

const longestPattern = 200;
const pattern =
  (operator: string): Compile =>
  (column, value, _field, where) => {
    // PostgreSQL compiles it; a long one can take it very long
    if (value.length > longestPattern) throw wrong(where, value.slice(0, 20), `at most ${longestPattern} characters`);
    return sql(`${column}::text ${operator} ?`, value);
  };

export const compilers: Readonly<Record<string, Compile>> = {
  exact: compare("="),
  iexact: textual((column) => `lower(${column}) = lower(?)`),
  in: (column, value, field, where) => {
    const list = value.split(",").map((item) => typed(item.trim(), field, where));
    return sql(`${column} in (${list.map(() => "?").join(", ")})`, ...list);
  },
  isnull: (column, value, _field, where) => sql(`${column} is ${booleanOf(value, where) ? "" : "not "}null`),
  lt: compare("<"),
  lte: compare("<="),
  gt: compare(">"),
  gte: compare(">="),
  contains: textual((column) => `strpos(${column}, ?) > 0`),
  icontains: textual((column) => `strpos(lower(${column}), lower(?)) > 0`),
  startswith: textual((column) => `starts_with(${column}, ?)`),
  istartswith: textual((column) => `starts_with(lower(${column}), lower(?))`),
  endswith: (column, value) => sql(`right(${column}::text, length(?)) = ?`, value, value),
  iendswith: (column, value) => sql(`right(lower(${column}::text), length(?)) = lower(?)`, value, value),
  regex: pattern("~"),
  iregex: pattern("~*"),
};

const textLookups = [
  "exact",
  "iexact",
  "in",
  "isnull",
  "contains",
  "icontains",
  "startswith",
  "istartswith",
  "endswith",
  "iendswith",
  "regex",
  "iregex",
];
const orderLookups = ["exact", "in", "isnull", "lt", "lte", "gt", "gte"];

/** What can be asked of a field. */
export const lookupsOf: Readonly<Record<FieldType, readonly string[]>> = {
  text: textLookups,
  number: orderLookups,
  decimal: orderLookups,
  time: orderLookups,
  boolean: ["exact", "isnull"],
  word: ["exact", "iexact", "in", "isnull"],
  json: [],
};

/** An unknown name, refused with those that there are. */
export function unknownName(what: string, name: string, known: readonly string[]): Error {
  const near = closest(name, known);
  const hint = near === undefined ? "" : `; did you mean '${near}'?`;
  return badRequest("ERR_FILTER_UNKNOWN", `there is no ${what} '${name}'${hint} (there are ${known.join(", ")})`, {
    details: { field: name },
  });
}
