import { spawn, spawnSync } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Dict, Tuple } from "../runtime/collections.js";
import { floatRepr, PyFloat, type Value } from "../runtime/values.js";

const python = "/usr/bin/python3";

/** Whether Debian's python3-jinja2 and PyYAML are there to compare with. */
export const hasPeer = (): boolean => spawnSync(python, ["-c", "import jinja2, yaml"]).status === 0;

export interface PeerOptions {
  readonly trimBlocks?: boolean;
  readonly lstripBlocks?: boolean;
  readonly keepTrailingNewline?: boolean;
  readonly autoescape?: boolean;
  readonly undefinedKind?: "lenient" | "strict" | "chainable" | "debug";
}

export interface PeerRequest {
  /** Left out when the templates of an earlier request with the same `shared` name are meant. */
  readonly templates?: Readonly<Record<string, string>>;
  readonly name: string;
  readonly context?: Readonly<Record<string, Value>>;
  readonly options?: PeerOptions;
  /** Keeps the environment under this name. */
  readonly shared?: string;
  /** Also parses the text as YAML, every scalar a string. */
  readonly yaml?: boolean;
}

export interface PeerAnswer {
  readonly text?: string;
  readonly data?: unknown;
  readonly error?: string;
  readonly message?: string;
  readonly template?: string | null;
  readonly line?: number | null;
}

/** A value as peer.py decodes it. */
function encode(value: Value): unknown {
  if (Array.isArray(value)) return value.map(encode);
  if (value instanceof Tuple) return { $tuple: value.items.map(encode) };
  if (value instanceof Dict) return { $dict: value.pairs().map(([key, item]) => [encode(key), encode(item)]) };
  if (value instanceof PyFloat) return { $float: floatRepr(value.value) };
  if (typeof value === "bigint") return { $int: value.toString() };
  if (typeof value === "number" && !Number.isSafeInteger(value)) return { $float: floatRepr(value) };
  return value;
}

const encodeContext = (context: Readonly<Record<string, Value>>): unknown =>
  Object.fromEntries(Object.entries(context).map(([name, value]) => [name, encode(value)]));

/** Renders all requests in one process of python3-jinja2, in order. */
export async function askPeer(requests: readonly PeerRequest[]): Promise<PeerAnswer[]> {
  const child = spawn(python, [fileURLToPath(new URL("peer.py", import.meta.url))], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout });
  for (const { context = {}, ...request } of requests) {
    child.stdin.write(`${JSON.stringify({ ...request, context: encodeContext(context) })}\n`);
  }
  child.stdin.end();
  const answers: PeerAnswer[] = [];
  for await (const line of lines) answers.push(JSON.parse(line) as PeerAnswer);
  if (answers.length !== requests.length) {
    throw new Error(`python3-jinja2 answered ${answers.length} of ${requests.length} requests`);
  }
  return answers;
}
