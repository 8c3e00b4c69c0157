import { contextVariables, type JsonObject } from "@basalt/core";

/** A job's context as templates may see it, and what was left out. */
export interface JobContext {
  readonly allowed: JsonObject;
  /** Names that jobs may not set here. */
  readonly refused: readonly string[];
}

/** Keeps what jobs may set: LAVA's list and what this lab allows beside it (LAVA: EXTRA_CONTEXT_VARIABLES). */
export function jobContext(context: JsonObject, extra: readonly string[] = []): JobContext {
  const known = new Set([...contextVariables, ...extra]);
  const entries = Object.entries(context);
  return {
    allowed: Object.fromEntries(entries.filter(([name]) => known.has(name))),
    refused: entries.flatMap(([name]) => (known.has(name) ? [] : [name])),
  };
}
