import { asObject, type JsonObject } from "../json.js";
import type { YamlPath } from "../yaml/path.js";

/** A block of a job with its place. */
export interface JobBlock {
  readonly section: string;
  readonly path: YamlPath;
  /** The block's keys; empty where it is no mapping. */
  readonly params: JsonObject;
  /** The block as read. */
  readonly raw: unknown;
}

/** The blocks of a job, those that are mappings at least. */
export function blocksOf(job: JsonObject): JobBlock[] {
  const actions: readonly unknown[] = Array.isArray(job.actions) ? job.actions : [];
  return actions.flatMap((action, index) =>
    Object.entries(asObject(action)).map(([section, params]) => ({
      section,
      path: ["actions", index, section],
      params: asObject(params),
      raw: params,
    })),
  );
}
