import { pythonFloat } from "./python-float.js";
import { Refused } from "./refused.js";
import { readTimestamp } from "./timestamp.js";

/** A float, kept apart from integers until it stands in its container (see python-text.ts). */
export class YamlFloat {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
  /** js-yaml asks a key for its text only where this is not "Object". */
  get [Symbol.toStringTag](): string {
    return "YamlFloat";
  }
  /** The name it has as a mapping key, as Python's `json.dumps` writes it. */
  toString(): string {
    return Number.isFinite(this.value) ? pythonFloat(this.value) : String(this.value);
  }
}

/** A plain `<<`: a merge key where it stands as a key, refused elsewhere. */
export const mergeMark = Symbol("<<");

export type YamlScalar = string | number | boolean | null | YamlFloat;
export type Resolved = YamlScalar | Refused | typeof mergeMark;

// The patterns are PyYAML's implicit resolvers (yaml/resolver.py), which differ from the YAML 1.1 type repository: no
// single-letter booleans, `1e3` and `+.5` are strings.
const bool = /^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/;
const float =
  /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
const int =
  /^(?:[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$/;
const nothing = /^(?:~|null|Null|NULL|)$/;
const mayResolve = /^(?:[-+.0-9yYnNtTfFoO<~]|$)/;
const truths: Readonly<Record<string, boolean>> = {
  yes: true,
  true: true,
  on: true,
  no: false,
  false: false,
  off: false,
};

/** The value of a plain scalar, as PyYAML's resolver and SafeConstructor give it. */
export function resolvePlain(text: string): Resolved {
  if (!mayResolve.test(text)) return text;
  if (bool.test(text)) return readBool(text);
  // Python's `$` matches before a final newline, which only a quoted scalar tagged `!` can hold.
  const line = text.endsWith("\n") ? text.slice(0, -1) : text;
  if (float.test(line)) return readFloat(line);
  if (int.test(line)) return readInt(line);
  if (line === "<<") return mergeMark;
  if (nothing.test(line)) return null;
  return readTimestamp(line) ?? text;
}

/** The value of a scalar with a full tag name (`tag:yaml.org,2002:int`), plain or quoted. */
export function resolveTagged(tag: string, text: string): Resolved {
  switch (tag) {
    case "!":
      return resolvePlain(text);
    case "tag:yaml.org,2002:str":
      return text;
    case "tag:yaml.org,2002:null":
      return null;
    case "tag:yaml.org,2002:bool":
      return readBool(text);
    case "tag:yaml.org,2002:int":
      return readInt(text.trim());
    case "tag:yaml.org,2002:float":
      return readFloat(text.trim());
    case "tag:yaml.org,2002:timestamp":
      return readTimestamp(text) ?? new Refused(`${JSON.stringify(text)} is not a timestamp`);
    case "tag:yaml.org,2002:seq":
      return new Refused("tagged !!seq, but it is not a sequence");
    case "tag:yaml.org,2002:map":
      return new Refused("tagged !!map, but it is not a mapping");
    default:
      return new Refused(unknownTag(tag));
  }
}

/** Why a tag is refused, for people. */
export function unknownTag(tag: string): string {
  const name = tag.startsWith("tag:yaml.org,2002:") ? `!!${tag.slice(18)}` : tag;
  return `unknown tag ${name}: only !!str, !!int, !!float, !!bool, !!null, !!timestamp, !!seq and !!map are read`;
}

function readBool(text: string): boolean | Refused {
  const value = Object.hasOwn(truths, text.toLowerCase()) ? truths[text.toLowerCase()] : undefined;
  return value ?? new Refused(`${JSON.stringify(text)} is not a boolean`);
}

/** A number where it is exact, else the decimal digits as a string: JSON and JavaScript numbers stop at 2^53. */
function readInt(source: string): number | string | Refused {
  const plain = source.replaceAll("_", "");
  const negative = plain.startsWith("-");
  const text = plain.replace(/^[-+]/, "");
  try {
    const size = /^[1-9].*:/.test(text) ? sexagesimal(text) : BigInt(octal(text));
    if (text === "") return new Refused(`${JSON.stringify(source)} is not an integer`);
    const value = negative ? -size : size;
    return size > BigInt(Number.MAX_SAFE_INTEGER) ? String(value) : Number(value);
  } catch {
    return new Refused(`${JSON.stringify(source)} is not an integer`);
  }
}

/** BigInt reads `0x`, `0b` and `0o`; YAML 1.1 writes octals as `010`. */
const octal = (text: string): string => (/^0[0-9]/.test(text) ? `0o${text}` : text);

const sexagesimal = (text: string): bigint => text.split(":").reduce((sum, part) => sum * 60n + BigInt(part), 0n);

function readFloat(source: string): YamlFloat | Refused {
  const text = source.replaceAll("_", "").toLowerCase();
  const sign = text.startsWith("-") ? -1 : 1;
  const digits = text.replace(/^[-+]/, "");
  if (digits === ".inf") return new YamlFloat(sign * Number.POSITIVE_INFINITY);
  if (digits === ".nan") return new YamlFloat(Number.NaN);
  let base = 1;
  let sum = 0;
  for (const part of digits.split(":").reverse()) {
    if (!/^(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/.test(part))
      return new Refused(`${JSON.stringify(source)} is not a float`);
    sum += Number(part) * base;
    base *= 60;
  }
  return new YamlFloat(sign * sum);
}
