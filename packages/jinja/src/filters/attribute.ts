import { getItem } from "../runtime/attributes.js";
import type { Context } from "../runtime/context.js";
import { textOf } from "../runtime/markup.js";
import { Undefined } from "../runtime/undefined.js";
import type { Value } from "../runtime/values.js";

/** Reads what sorting and selecting filters look at. */
export type Getter = (item: Value) => Value;

/** Strings compare without case unless the filter was told otherwise. */
export const ignoreCase: Getter = (value) => {
  const text = textOf(value);
  return text === undefined ? value : text.toLowerCase();
};

const keep: Getter = (value) => value;

function partsOf(attribute: Value): readonly Value[] {
  if (attribute === null) return [];
  const text = textOf(attribute);
  if (text === undefined) return [attribute];
  return text.split(".").map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}

interface GetterOptions {
  readonly after?: Getter | undefined;
  /** Stands in for what is undefined on the way. */
  readonly fallback?: Value | undefined;
}

/** A getter for `a.b.0`, a single key, or the item itself for None. */
export function attributeGetter(context: Context, attribute: Value, options: GetterOptions = {}): Getter {
  const parts = partsOf(attribute);
  const { after = keep, fallback = null } = options;
  if (parts.length === 0) return after;
  return (item) => {
    let value = item;
    for (const part of parts) {
      value = getItem(context, value, part);
      if (fallback !== null && value instanceof Undefined) value = fallback;
    }
    return after(value);
  };
}

/** A getter for several attributes separated by commas, giving a list to compare. */
export function multiGetter(context: Context, attribute: Value, after: Getter | undefined): Getter {
  const text = textOf(attribute);
  const attributes = text === undefined ? [attribute] : text.split(",");
  const getters = attributes.map((name) => attributeGetter(context, name, { after }));
  return (item) => getters.map((get) => get(item));
}
