import { isJsonObject } from "../json.js";
import { type StartBody, wireLimits } from "./messages.js";

const lineFeed = 10;

/** Line feeds in a body of lines. */
export function countLines(body: Uint8Array): number {
  let count = 0;
  for (let at = body.indexOf(lineFeed); at !== -1; at = body.indexOf(lineFeed, at + 1)) count++;
  return count;
}

/** Why these are not `count` whole lines; undefined if they are. */
export function linesProblem(body: Uint8Array, count: number): string | undefined {
  if (body.length > 0 && body[body.length - 1] !== lineFeed) return "its last line is not ended";
  const found = countLines(body);
  if (found !== count) return `it says ${count} lines and carries ${found}`;
  if (count > 1 && body.length > wireLimits.logBytes)
    return `its ${count} lines have ${body.length} bytes, at most ${wireLimits.logBytes} may be sent at once`;
  return undefined;
}

const startTexts = ["definition", "device", "dispatcher", "env", "envDut"] as const;

/** The body of START, or why it is none. */
export function readStartBody(text: string): StartBody | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return "its body is not JSON";
  }
  if (!isJsonObject(value)) return "its body is not an object";
  const { definition, device, dispatcher, env, envDut } = value;
  const missing = startTexts.find((key) => typeof value[key] !== "string");
  if (missing !== undefined) return `its body lacks the text "${missing}"`;
  return { definition, device, dispatcher, env, envDut } as StartBody;
}
