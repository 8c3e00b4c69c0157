import type { Filter } from "../services/types.js";

/** A comparison that a form's field asks for; none where the field was left empty. */
export const filter = (field: string, lookup: string, value: string): readonly Filter[] =>
  value === "" ? [] : [{ field: field.split("__"), lookup, value }];

/** The same page of the same list at another offset. */
export const pagedHref =
  (path: string, query: URLSearchParams) =>
  (offset: number): string => {
    const other = new URLSearchParams(query);
    other.set("offset", String(offset));
    return `${path}?${other}`;
  };

/** A field as it was typed, without the blanks around it. */
export const fieldsOf =
  (query: URLSearchParams) =>
  (name: string): string =>
    (query.get(name) ?? "").trim();
