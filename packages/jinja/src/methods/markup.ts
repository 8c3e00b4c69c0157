import { type Builtins, builtin } from "../runtime/builtin.js";
import { Tuple } from "../runtime/collections.js";
import { toList } from "../runtime/iterate.js";
import { escapeText, Markup } from "../runtime/markup.js";
import { toHtml } from "../runtime/operators.js";
import { str } from "../runtime/printing.js";
import type { Kwargs, Value } from "../runtime/values.js";
import { stripTags, unescapeText } from "./html.js";
import { formatText, stringMethods } from "./string.js";

// Their text arguments are escaped before they are used, as markupsafe does.
const escaping: ReadonlySet<string> = new Set(
  (
    "capitalize title lower upper replace ljust rjust lstrip rstrip center strip translate expandtabs swapcase zfill " +
    "casefold removeprefix removesuffix"
  ).split(" "),
);
const keeping: ReadonlySet<string> = new Set(["split", "rsplit", "splitlines"]);

const escapeArgument = (value: Value): Value => (typeof value === "string" ? escapeText(value) : value);

function mark(value: Value): Value {
  if (typeof value === "string") return new Markup(value);
  if (Array.isArray(value)) return value.map(mark);
  return value instanceof Tuple ? new Tuple(value.items.map(mark)) : value;
}

function adapted(): Builtins {
  const methods = new Map(stringMethods);
  for (const [name, method] of stringMethods) {
    methods.set(name, {
      name,
      call(context, [self = null, ...args], kwargs) {
        const own = self instanceof Markup ? self.text : self;
        if (name === "partition" || name === "rpartition") {
          return mark(method.call(context, [own, ...args.map((arg) => toHtml(arg, str).text)], kwargs));
        }
        if (!escaping.has(name)) {
          const result = method.call(context, [own, ...args], kwargs);
          return keeping.has(name) ? mark(result) : result;
        }
        const safe = new Map(Array.from(kwargs, ([key, value]) => [key, escapeArgument(value)]));
        return mark(method.call(context, [own, ...args.map(escapeArgument)], safe));
      },
    });
  }
  return methods;
}

const own = [
  builtin("join", "/self, items", (_, self: Markup, items: Value) => {
    const parts = toList(items).map((item) => toHtml(item, str).text);
    return new Markup(parts.join(self.text));
  }),
  builtin("format", "/self, *, **", (context, self: Markup, args: Value[], kwargs: Kwargs) =>
    formatText(context, self, args, kwargs),
  ),
  builtin("striptags", "/self", (_, self: Markup) => stripTags(self.text)),
  builtin("unescape", "/self", (_, self: Markup) => unescapeText(self.text)),
  builtin("escape", "/self, text", (_, __: Markup, text: Value) => toHtml(text, str)),
];

/** Methods of Markup: those of str, with arguments escaped and results marked. */
export const markupMethods: Builtins = new Map([...adapted(), ...own.map((method) => [method.name, method] as const)]);
