import { stringRepr } from "./string-repr.js";
import { isObject, type PyObject, type Value } from "./values.js";

/** Text that is HTML already: escaping leaves it alone, and whatever joins it is escaped. */
export class Markup implements PyObject {
  readonly pyType = "Markup";
  readonly pyModule = "markupsafe";
  constructor(readonly text: string) {}
  repr(): string {
    return `Markup(${stringRepr(this.text)})`;
  }
  str(): string {
    return this.text;
  }
  html(): string {
    return this.text;
  }
  truthy(): boolean {
    return this.text !== "";
  }
  hashKey(): unknown {
    return this.text;
  }
}

const entities: ReadonlyMap<string, string> = new Map([
  ["&", "&amp;"],
  [">", "&gt;"],
  ["<", "&lt;"],
  ["'", "&#39;"],
  ['"', "&#34;"],
]);

/** Replaces the five characters HTML gives a meaning. */
export const escapeText = (text: string): string => text.replace(/[&><'"]/g, (char) => entities.get(char) ?? char);

/** The text of a str or Markup; undefined for anything else. */
export function textOf(value: Value): string | undefined {
  if (typeof value === "string") return value;
  return value instanceof Markup ? value.text : undefined;
}

/** Whether a value is HTML already. */
export const isHtml = (value: Value): boolean => isObject(value) && value.html !== undefined;
