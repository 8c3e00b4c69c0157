import { typeError } from "../errors.js";
import { methodsOf } from "../methods/index.js";
import { getAttribute } from "../runtime/attributes.js";
import { type Builtins, builtins } from "../runtime/builtin.js";
import type { Context } from "../runtime/context.js";
import { textOf } from "../runtime/markup.js";
import { Undefined } from "../runtime/undefined.js";
import { typeName, type Value } from "../runtime/values.js";

function attr(context: Context, object: Value, name: Value): Value {
  const text = textOf(name);
  if (text === undefined) throw typeError(`attribute name must be string, not '${typeName(name)}'`);
  const own =
    methodsOf(object)?.has(text) ||
    (typeof object === "object" && object !== null && !Array.isArray(object) && object.attribute?.(text) !== undefined);
  if (own || object instanceof Undefined || text.startsWith("__")) return getAttribute(context, object, text);
  return new Undefined(context.environment.undefinedKind, { object, name });
}

/** The `attr` filter: attributes only, never elements, and through the sandbox like any other. */
export const attrFilters: Builtins = builtins([["attr", "obj, name", attr]]);
