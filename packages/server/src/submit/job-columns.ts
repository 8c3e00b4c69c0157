import { asObject, asText, hasKey, isJsonObject, type Json, type JsonObject, jobError, timeoutMs } from "@basalt/core";

/** Who may see a job: everybody who may see its device, its submitter alone, or the members of all these groups. */
export type Visibility = "public" | "personal" | { readonly groups: readonly string[] };

/** What a definition says about its place in the queue. */
export interface JobColumns {
  readonly description: string;
  readonly priority: number;
  readonly metadata: JsonObject;
  /** Seconds. */
  readonly queue_timeout: number | null;
  readonly visibility: Visibility;
  readonly tags: readonly string[];
  readonly device_type: string | undefined;
  readonly device: string | null;
  readonly worker: string | null;
}

const words: Readonly<Record<string, number>> = { low: 0, medium: 50, high: 100 };
const longestDescription = 200;

function priorityOf(value: Json | undefined): number {
  if (value === undefined) return 50;
  const number = typeof value === "string" ? words[value.toLowerCase()] : value;
  if (typeof number === "number" && Number.isInteger(number) && number >= 0 && number <= 100) return number;
  throw jobError(
    "ERR_JOB_VALUE",
    `priority: ${JSON.stringify(value)} is none: expected low, medium, high or a whole number from 0 to 100`,
  );
}

function visibilityOf(value: Json | undefined): Visibility {
  if (value === "public" || value === "personal") return value;
  const { group } = asObject(value);
  if (Array.isArray(group) && group.length > 0 && group.every((name) => typeof name === "string"))
    return { groups: group as readonly string[] };
  throw jobError(
    "ERR_JOB_VALUE",
    `visibility: ${JSON.stringify(value)} is none: expected public, personal or {group: [names]}`,
  );
}

/** Scalars become text, as LAVA keeps them, so that filters compare text with text. */
function metadataOf(value: Json | undefined): JsonObject {
  const plain = (item: Json | undefined): Json => {
    if (Array.isArray(item)) return item.map(plain);
    if (isJsonObject(item)) return Object.fromEntries(Object.entries(item).map(([key, part]) => [key, plain(part)]));
    return typeof item === "string" ? item : String(item);
  };
  return asObject(plain(value ?? {}));
}

/** Reads them. @throws ERR_JOB_VALUE (job) */
export function jobColumns(definition: JsonObject): JobColumns {
  const queueMs = timeoutMs(asObject(definition.timeouts).queue);
  return {
    description: (asText(definition.job_name) ?? "").slice(0, longestDescription),
    priority: priorityOf(definition.priority),
    metadata: metadataOf(definition.metadata),
    queue_timeout: queueMs === undefined ? null : Math.ceil(queueMs / 1000),
    visibility: hasKey(definition, "visibility") ? visibilityOf(definition.visibility) : "public",
    tags: Array.isArray(definition.tags) ? definition.tags.map(String) : [],
    device_type: asText(definition.device_type),
    device: asText(definition.device) ?? null,
    worker: asText(definition.worker) ?? null,
  };
}
