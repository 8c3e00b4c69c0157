import type { LogRecord } from "./log-record.js";

// YAML's own line breaks, and characters PyYAML refuses to read; JSON lets them pass as they are.
const unsafe = /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/;
const unsafeAll = new RegExp(unsafe, "g");
const escapeUnsafe = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
/** What neither JSON nor YAML escapes inside double quotes: most console lines are all this. */
const plain = /^[ !#-[\]-~]*$/;

function quote(text: string): string {
  if (plain.test(text)) return `"${text}"`;
  const quoted = JSON.stringify(text);
  return unsafe.test(quoted) ? quoted.replace(unsafeAll, escapeUnsafe) : quoted;
}

/** Any JSON value as JSON that is YAML 1.1, too. LAVA's dumper writes the number 5 as `! "5"`, which its readers take as well and JSON's don't. */
function flow(value: unknown): string {
  if (typeof value === "string") return quote(value);
  if (value === null || value === undefined) return "null";
  if (typeof value === "boolean") return String(value);
  if (typeof value === "number") return numberText(value);
  if (Array.isArray(value)) return `[${value.map(flow).join(", ")}]`;
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  return `{${entries.map(([key, member]) => `${quote(key)}: ${flow(member)}`).join(", ")}}`;
}

/** YAML 1.1 knows an exponent only behind a point. */
function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value).replace(/^(-?\d+)e/, "$1.0e");
  return Number.isNaN(value) ? ".nan" : value > 0 ? ".inf" : "-.inf";
}

let lastHead = { dt: "", lvl: "", text: "" };

/** What stands before the message: the same for many lines in a row. */
function headOf(dt: string, lvl: string): string {
  if (lastHead.dt !== dt || lastHead.lvl !== lvl) {
    const text = `- {"dt": "${dt}", "lvl": "${lvl}", "msg": `;
    // searching makes V8 join the string's parts once and for all, instead of in every line that begins with it
    text.includes("\n");
    lastHead = { dt, lvl, text };
  }
  return lastHead.text;
}

/**
 * A record as one line of `output.yaml`, without line end: `- ` and JSON that YAML 1.1 reads as the same, keys in the order dt, lvl, msg, ns
 * (spec section 5). PyYAML reads back exactly what went in, and so does a JSON reader unless a number is none (`.nan`).
 */
export function formatLogLine({ dt, lvl, msg, ns }: LogRecord): string {
  const head = headOf(dt, lvl);
  if (ns !== undefined) return `${head}${typeof msg === "string" ? quote(msg) : flow(msg)}, "ns": ${quote(ns)}}`;
  if (typeof msg !== "string") return `${head}${flow(msg)}}`;
  return plain.test(msg) ? `${head}"${msg}"}` : `${head}${quote(msg)}}`;
}
