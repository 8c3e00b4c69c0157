import { filterArgumentError, runtimeError, typeError } from "../errors.js";
import { tick } from "../limits.js";
import { type Builtin, type Builtins, builtins } from "../runtime/builtin.js";
import { PyIterator } from "../runtime/collections.js";
import type { Context } from "../runtime/context.js";
import { iterate, truthy } from "../runtime/iterate.js";
import { textOf } from "../runtime/markup.js";
import { repr } from "../runtime/printing.js";
import type { Kwargs, Value } from "../runtime/values.js";
import { attributeGetter, type Getter } from "./attribute.js";

function named(table: Builtins, kind: string, name: Value): Builtin {
  const found = table.get(textOf(name) ?? "");
  if (!found) throw runtimeError(`No ${kind} named ${repr(name)}.`);
  return found;
}

function mapper(context: Context, args: readonly Value[], kwargs: Kwargs): Getter {
  const [name, ...rest] = args;
  const attribute = kwargs.get("attribute");
  if (name === undefined && attribute !== undefined) {
    for (const key of kwargs.keys()) {
      if (key !== "attribute" && key !== "default")
        throw filterArgumentError(`Unexpected keyword argument ${repr(key)}`);
    }
    return attributeGetter(context, attribute, { fallback: kwargs.get("default") });
  }
  if (name === undefined) throw filterArgumentError("map requires a filter argument");
  return (item) => named(context.environment.filters, "filter", name).call(context, [item, ...rest], kwargs);
}

function* each(value: Value): Generator<Value> {
  const items = iterate(value);
  for (let next = items.next(); !next.done; next = items.next()) {
    tick();
    yield next.value;
  }
}

function* mapped(context: Context, value: Value, { args, kwargs }: Call): Generator<Value> {
  if (!truthy(value)) return;
  const apply = mapper(context, args, kwargs);
  for (const item of each(value)) yield apply(item);
}

interface Call {
  readonly args: readonly Value[];
  readonly kwargs: Kwargs;
}

function predicate(context: Context, { args, kwargs }: Call, byAttribute: boolean): (item: Value) => boolean {
  const [attribute] = args;
  if (byAttribute && attribute === undefined) throw filterArgumentError("Missing parameter for attribute name");
  const get: Getter = byAttribute ? attributeGetter(context, attribute ?? null) : (item) => item;
  const [name, ...rest] = byAttribute ? args.slice(1) : args;
  if (name === undefined) return (item) => truthy(get(item));
  return (item) => {
    const value = get(item);
    return truthy(named(context.environment.tests, "test", name).call(context, [value, ...rest], kwargs));
  };
}

interface Mode {
  readonly byAttribute: boolean;
  /** The outcome of the test that keeps an item. */
  readonly keep: boolean;
}

function* selected(context: Context, value: Value, call: Call & Mode): Generator<Value> {
  if (!truthy(value)) return;
  const holds = predicate(context, call, call.byAttribute);
  for (const item of each(value)) if (holds(item) === call.keep) yield item;
}

const selecting = (name: string, mode: Mode) =>
  [
    name,
    "*, **",
    (context: Context, [value, ...args]: Value[], kwargs: Kwargs) => {
      if (value === undefined) throw typeError(`${name}() missing required argument 'value'`);
      return new PyIterator(selected(context, value, { args, kwargs, ...mode }));
    },
  ] as const;

/** Filters that apply filters and tests to every item. */
export const selectFilters: Builtins = builtins([
  [
    "map",
    "*, **",
    (context, [value = null, ...args]: Value[], kwargs: Kwargs) =>
      new PyIterator(mapped(context, value, { args, kwargs })),
  ],
  selecting("select", { byAttribute: false, keep: true }),
  selecting("reject", { byAttribute: false, keep: false }),
  selecting("selectattr", { byAttribute: true, keep: true }),
  selecting("rejectattr", { byAttribute: true, keep: false }),
]);
