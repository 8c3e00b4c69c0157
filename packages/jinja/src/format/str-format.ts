import { indexError, keyError, valueError } from "../errors.js";
import { charge, tick } from "../limits.js";
import { escapeText, Markup } from "../runtime/markup.js";
import { repr, str } from "../runtime/printing.js";
import { stringRepr } from "../runtime/string-repr.js";
import { normalizeInteger, type Value } from "../runtime/values.js";
import { formatValue } from "./format-spec.js";

/** What a replacement field may name and how its attributes are read: always through the sandbox. */
export interface FormatSource {
  readonly args: readonly Value[];
  byName(name: string): Value | undefined;
  getAttribute(object: Value, name: string): Value;
  getItem(object: Value, key: Value): Value;
  /** Whether values are escaped: the template is Markup. */
  readonly markup: boolean;
}

/** Python's `str.format` as Jinja2's sandbox runs it. @throws JinjaError ValueError, KeyError, IndexError */
export function strFormat(template: string, source: FormatSource): string {
  return new Formatter(source).format(template, 2);
}

class Formatter {
  #automatic: number | "manual" = 0;
  constructor(readonly source: FormatSource) {}

  format(template: string, depth: number): string {
    if (depth < 0) throw valueError("Max string recursion exceeded");
    let out = "";
    let at = 0;
    while (at < template.length) {
      tick();
      const char = template.charAt(at);
      if (char !== "{" && char !== "}") {
        const next = template.slice(at).search(/[{}]/);
        const end = next < 0 ? template.length : at + next;
        out += template.slice(at, end);
        at = end;
      } else if (template[at + 1] === char) {
        out += char;
        at += 2;
      } else if (char === "}") {
        throw valueError("Single '}' encountered in format string");
      } else {
        const end = fieldEnd(template, at);
        out += this.#field(template.slice(at + 1, end), depth);
        at = end + 1;
      }
    }
    charge(out.length);
    return out;
  }

  #field(text: string, depth: number): string {
    const match = /^((?:\[[^\]]*\]?|[^!:[])*)(?:!([\s\S]*?))?(?::([\s\S]*))?$/.exec(text);
    const [, name = "", conversion, spec = ""] = match ?? [];
    if (conversion !== undefined && conversion.length !== 1) {
      throw valueError(
        conversion === ""
          ? "end of string while looking for conversion specifier"
          : "expected ':' after conversion specifier",
      );
    }
    const value = this.#convert(this.#lookup(name), conversion);
    const expanded = this.format(spec, depth - 1);
    if (!this.source.markup) return formatValue(value, expanded);
    if (value instanceof Markup) return expanded === "" ? value.text : formatValue(value, expanded);
    return escapeText(formatValue(value, expanded));
  }

  #convert(value: Value, conversion: string | undefined): Value {
    if (conversion === undefined) return value;
    if (conversion === "s") return str(value);
    if (conversion === "r") return repr(value);
    if (conversion === "a") return repr(value).replace(/[^\x00-\x7f]+/g, (part) => stringRepr(part, true).slice(1, -1));
    throw valueError(`Unknown conversion specifier ${conversion}`);
  }

  #lookup(field: string): Value {
    const [, first = "", rest = ""] = /^([^.[]*)([\s\S]*)$/.exec(field) ?? [];
    let value = this.#first(first);
    let left = rest;
    while (left !== "") {
      const part = /^(?:\.([^.[]+)|\[([^\]]+)\])/.exec(left);
      if (!part)
        throw valueError(
          left.startsWith("[") && !left.includes("]")
            ? "Missing ']' in format string"
            : "Empty attribute in format string",
        );
      const [whole, attribute, key = ""] = part;
      value =
        attribute === undefined
          ? this.source.getItem(value, /^\d+$/.test(key) ? normalizeInteger(BigInt(key)) : key)
          : this.source.getAttribute(value, attribute);
      left = left.slice(whole.length);
      if (left !== "" && !/^[.[]/.test(left)) {
        throw valueError("Only '.' or '[' may follow ']' in format field specifier");
      }
    }
    return value;
  }

  #first(name: string): Value {
    if (name === "" || /^\d+$/.test(name)) return this.#positional(name);
    const value = this.source.byName(name);
    if (value === undefined) throw keyError(stringRepr(name));
    return value;
  }

  #positional(digits: string): Value {
    let index = Number(digits);
    if (digits === "") {
      if (this.#automatic === "manual") {
        throw valueError("cannot switch from manual field specification to automatic field numbering");
      }
      index = this.#automatic++;
    } else {
      if (this.#automatic !== "manual" && this.#automatic > 0) {
        throw valueError("cannot switch from automatic field numbering to manual field specification");
      }
      this.#automatic = "manual";
    }
    const value = this.source.args[index];
    if (value === undefined) throw indexError(`Replacement index ${index} out of range for positional args tuple`);
    return value;
  }
}

function fieldEnd(template: string, start: number): number {
  let depth = 0;
  let bracket = false;
  for (let at = start; at < template.length; at++) {
    const char = template[at];
    if (bracket) {
      if (char === "]") bracket = false;
    } else if (char === "[" && depth === 1) {
      bracket = true;
    } else if (char === "{") {
      depth++;
    } else if (char === "}" && --depth === 0) {
      return at;
    }
  }
  throw valueError(
    start === template.length - 1 ? "Single '{' encountered in format string" : "expected '}' before end of string",
  );
}
