import { typeError } from "../errors.js";
import { charge } from "../limits.js";
import { methodsOf } from "../methods/index.js";
import { PyFunction } from "./builtin.js";
import { sliceItems } from "./collections.js";
import type { Context } from "./context.js";
import { Markup } from "./markup.js";
import { normalizeIndex, resolveSlice, Slice } from "./slices.js";
import { codePointLength, codePoints, hasAstral } from "./text.js";
import { Undefined } from "./undefined.js";
import { isInteger, typeName, type Value } from "./values.js";

const dunders = (names: string): string[] => names.split(" ").map((name) => `__${name}__`);

// What every Python object has; naming one is an attempt to leave the sandbox and fails when the result is used.
const universal: ReadonlySet<string> = new Set(
  dunders(
    "class delattr dir doc eq format ge getattribute getstate gt hash init init_subclass le lt ne new reduce reduce_ex repr " +
      "setattr sizeof str subclasshook dict module weakref slots call iter len getitem add mul mod rmod rmul radd bool int float",
  ),
);
const inherited: ReadonlySet<string> = new Set([
  ...universal,
  ...dunders(
    "contains setitem delitem next reversed html globals code func self closure defaults kwdefaults name qualname wrapped " +
      "mro bases base subclasses builtins import loader spec file annotations",
  ),
]);

function ownAttribute(context: Context, object: Value, name: string): Value | undefined {
  if (typeof object === "object" && object !== null && !Array.isArray(object) && object.attribute) {
    const value = object.attribute(name);
    if (value !== undefined) return value;
  }
  const method = methodsOf(object)?.get(name);
  return method && new PyFunction(method, context, object);
}

function unsafe(context: Context, object: Value, name: string): Value {
  const hint = `access to attribute '${name}' of '${typeName(object)}' object is unsafe.`;
  return new Undefined(context.environment.undefinedKind, { hint, name, object, pythonType: "SecurityError" });
}

const missing = (context: Context, object: Value, name: Value): Value =>
  new Undefined(context.environment.undefinedKind, { object, name });

function undefinedAttribute(context: Context, object: Undefined, name: string): Value {
  if (object.flavour === "chainable" && !universal.has(name)) return object;
  return universal.has(name) ? unsafe(context, object, name) : object.fail();
}

/** `object.name`: an attribute or method, else an element, else undefined. */
export function getAttribute(context: Context, object: Value, name: string): Value {
  if (object instanceof Undefined) return undefinedAttribute(context, object, name);
  const value = ownAttribute(context, object, name);
  if (value !== undefined) return value;
  if (inherited.has(name)) return unsafe(context, object, name);
  if (typeof object === "object" && object !== null && !Array.isArray(object)) {
    const item = object.item?.(name);
    if (item !== undefined) return item;
  }
  return missing(context, object, name);
}

/** `object[key]`: an element, else for a string an attribute, else undefined. */
export function getItem(context: Context, object: Value, key: Value): Value {
  const item = elementOf(object, key);
  if (item !== undefined) return item;
  if (object instanceof Undefined) return object.flavour === "chainable" ? object : object.fail();
  const name = key instanceof Markup ? key.text : key;
  if (typeof name === "string") {
    const value = ownAttribute(context, object, name);
    if (value !== undefined) return value;
    if (inherited.has(name)) return unsafe(context, object, name);
  }
  return missing(context, object, key);
}

function elementOf(object: Value, key: Value): Value | undefined {
  if (Array.isArray(object)) {
    if (key instanceof Slice) return sliceItems(object, key);
    const index = normalizeIndex(key, object.length);
    return index === undefined ? undefined : object[index];
  }
  if (typeof object === "string") return characterAt(object, key);
  if (object instanceof Markup) {
    const char = characterAt(object.text, key);
    return char === undefined ? undefined : new Markup(char);
  }
  return typeof object === "object" && object !== null ? object.item?.(key) : undefined;
}

function characterAt(text: string, key: Value): string | undefined {
  if (key instanceof Slice) return sliceText(text, key);
  if (!isInteger(key)) return undefined;
  if (hasAstral(text)) {
    const chars = codePoints(text);
    const index = normalizeIndex(key, chars.length);
    return index === undefined ? undefined : chars[index];
  }
  const index = normalizeIndex(key, text.length);
  return index === undefined ? undefined : text[index];
}

function sliceText(text: string, slice: Slice): string {
  const { start, count, step } = resolveSlice(slice, codePointLength(text));
  charge(count);
  if (step === 1 && !hasAstral(text)) return text.slice(start, start + count);
  const chars = codePoints(text);
  let out = "";
  for (let i = 0, at = start; i < count; i++, at += step) out += chars[at];
  return out;
}

/** `object[start:stop:step]`, which unlike other subscripts fails where it makes no sense. */
export function getSlice(object: Value, slice: Slice): Value {
  if (object instanceof Undefined) return object.flavour === "chainable" ? object : object.fail();
  const value = elementOf(object, slice);
  if (value !== undefined) return value;
  if (typeName(object) === "dict") throw typeError("unhashable type: 'slice'");
  throw typeError(`'${typeName(object)}' object is not subscriptable`);
}
