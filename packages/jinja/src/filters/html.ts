import { attributeError, typeError, valueError } from "../errors.js";
import { stripTags } from "../methods/html.js";
import { type Builtins, builtins } from "../runtime/builtin.js";
import { Dict } from "../runtime/collections.js";
import type { Context } from "../runtime/context.js";
import { isIterable, toList, truthy } from "../runtime/iterate.js";
import { unpack } from "../runtime/loop.js";
import { escapeText, Markup, textOf } from "../runtime/markup.js";
import { toHtml } from "../runtime/operators.js";
import { repr, str } from "../runtime/printing.js";
import { Undefined } from "../runtime/undefined.js";
import { typeName, type Value } from "../runtime/values.js";
import { urlize } from "./urlize.js";

function quoteUrl(value: Value, forQuery: boolean): string {
  const quoted = encodeURIComponent(str(value)).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return forQuery ? quoted.replaceAll("%20", "+") : quoted.replaceAll("%2F", "/");
}

function urlEncode(_: Context, value: Value): Value {
  if (textOf(value) !== undefined || !isIterable(value)) return quoteUrl(value, false);
  const pairs = value instanceof Dict ? value.pairs() : toList(value).map((pair) => unpack(pair, 2));
  return pairs.map(([key = "", item = ""]) => `${quoteUrl(key, true)}=${quoteUrl(item, true)}`).join("&");
}

function xmlAttributes(context: Context, d: Value, autoSpace: Value = true): Value {
  if (d instanceof Undefined) d.fail();
  if (!(d instanceof Dict)) throw attributeError(`'${typeName(d)}' object has no attribute 'items'`);
  const items: string[] = [];
  for (const [key, value] of d.pairs()) {
    if (value === null || value instanceof Undefined) continue;
    const name = textOf(key);
    if (name === undefined) throw typeError("expected string or bytes-like object");
    if (/[\s/>=]/.test(name)) throw valueError(`Invalid character in attribute name: ${repr(key)}`);
    items.push(`${toHtml(key, str).text}="${toHtml(value, str).text}"`);
  }
  const text = (truthy(autoSpace) && items.length > 0 ? " " : "") + items.join(" ");
  return context.evalState.autoescape ? new Markup(text) : text;
}

/** Filters about HTML and URLs. */
export const htmlFilters: Builtins = builtins([
  ["e", "/s", (_, value: Value) => toHtml(value, str)],
  ["escape", "/s", (_, value: Value) => toHtml(value, str)],
  ["forceescape", "value", (_, value: Value) => new Markup(escapeText(str(value)))],
  ["safe", "value", (_, value: Value) => new Markup(str(value))],
  ["striptags", "value", (_, value: Value) => stripTags(str(value))],
  ["urlencode", "value", urlEncode],
  ["urlize", "value, trim_url_limit=, nofollow=, target=, rel=, extra_schemes=", urlize],
  ["xmlattr", "d, autospace=", xmlAttributes],
]);
