import { makeFloat, normalizeInteger, type Value } from "../runtime/values.js";

/** The value of a number token, underscores already removed. */
export function numberLiteral(type: "integer" | "float", text: string): Value {
  return type === "float" ? makeFloat(Number(text)) : normalizeInteger(BigInt(text));
}
