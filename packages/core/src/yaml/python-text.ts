import { pythonFloat } from "./python-float.js";
import { YamlFloat } from "./resolve.js";

/**
 * Python's words for YAML values. LAVA prints values with `str()` (test parameters, context, substitutions), and a
 * JavaScript number no longer knows that it was written `1.0`: the readers remember that beside the container.
 */
const floats = Symbol.for("@basalt/core/yamlFloats@1");

/**
 * Sets a member a reader found. A {@link YamlFloat} becomes a number, and one with an integral value is remembered;
 * `__proto__` becomes an ordinary key.
 */
export function setMember(container: object, key: string, value: unknown): void {
  const marks = (container as { [floats]?: Set<string> })[floats];
  marks?.delete(key);
  const plain = value instanceof YamlFloat ? value.value : value;
  if (value instanceof YamlFloat && Number.isInteger(value.value)) {
    if (marks) marks.add(key);
    else Object.defineProperty(container, floats, { value: new Set([key]), enumerable: false });
  }
  if (key === "__proto__") {
    Object.defineProperty(container, key, { value: plain, enumerable: true, configurable: true, writable: true });
  } else (container as Record<string, unknown>)[key] = plain;
}

/** Whether `container[key]` was written as a float with an integral value. */
export const isMarkedFloat = (container: object, key: string | number): boolean =>
  (container as { [floats]?: Set<string> })[floats]?.has(String(key)) ?? false;

/** What Python's `str()` prints for a value: `True`, `None`, `0.5`, `['a', 1]`. For members of a container use {@link pythonText}. */
export const pythonStr = (value: unknown): string => (typeof value === "string" ? value : pythonRepr(value));

/** What Python's `str()` prints for `container[key]` as the job's author wrote it: a float `1.0` stays `1.0`. */
export function pythonText(container: object, key: string | number): string {
  const value = (container as Record<string | number, unknown>)[key];
  return typeof value === "string" ? value : memberRepr(container, key, value);
}

function memberRepr(container: object, key: string | number, value: unknown): string {
  return typeof value === "number" && isMarkedFloat(container, key) ? pythonFloat(value) : pythonRepr(value);
}

function pythonRepr(value: unknown): string {
  if (value === null || value === undefined) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "number") return Number.isInteger(value) ? String(BigInt(value)) : pythonFloat(value);
  if (typeof value === "string") return quote(value);
  if (Array.isArray(value)) return `[${value.map((item, at) => memberRepr(value, at, item)).join(", ")}]`;
  if (typeof value !== "object") return String(value);
  const entries = Object.entries(value).map(([key, item]) => `${quote(key)}: ${memberRepr(value, key, item)}`);
  return `{${entries.join(", ")}}`;
}

/** Python quotes with `'` unless the text holds one and no `"`. */
function quote(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text
    .replaceAll("\\", "\\\\")
    .replaceAll(mark, `\\${mark}`)
    .replaceAll("\n", "\\n")
    .replaceAll("\r", "\\r")
    .replaceAll("\t", "\\t");
  return mark + escaped + mark;
}
