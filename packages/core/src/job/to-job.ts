import { jobError } from "../errors.js";
import { asList, asObject, asText, asTexts, isJsonObject, type Json, type JsonObject } from "../json.js";
import { type Block, type Job, type Section, sections } from "./job.js";
import { defaultTimeoutMs, readTimeouts } from "./timeout.js";

/** The namespace of blocks that name none. */
export const commonNamespace = "common";

function toBlock(entry: Json, index: number, protocols: JsonObject): Block {
  const [section, params] = Object.entries(asObject(entry))[0] ?? [];
  if (!section || !sections.includes(section as Section))
    throw jobError("ERR_JOB_INVALID", `actions[${index}]: '${section}' is not one of ${sections.join(", ")}`);
  const own = asObject(params);
  const namespace = asText(own.namespace) ?? commonNamespace;
  return Object.freeze({
    section: section as Section,
    index,
    params: Object.freeze({ ...protocols, ...own }),
    namespace,
    connectionNamespace: asText(own["connection-namespace"]) ?? namespace,
  });
}

const secretTexts = (value: Json | undefined): Record<string, string> =>
  Object.fromEntries(
    Object.entries(asObject(value)).flatMap(([key, secret]) => {
      const text = asText(secret);
      return text === undefined ? [] : [[key, text]];
    }),
  );

/** A definition that the schema accepted, as a {@link Job}. Pure; throws ERR_JOB_INVALID where the skeleton is not a job's. */
export function toJob(definition: unknown): Job {
  if (!isJsonObject(definition))
    throw jobError("ERR_JOB_INVALID", "a job must be a mapping with job_name, timeouts and actions");
  const timeouts = readTimeouts(asObject(definition.timeouts));
  const protocols = asObject(definition.protocols);
  const deviceType = asText(definition.device_type);
  return Object.freeze({
    name: asText(definition.job_name) ?? "",
    ...(deviceType === undefined ? {} : { deviceType }),
    timeouts: { ...timeouts, jobMs: timeouts.jobMs ?? defaultTimeoutMs },
    blocks: Object.freeze(asList(definition.actions).map((entry, index) => toBlock(entry, index, protocols))),
    context: asObject(definition.context),
    environment: asObject(definition.environment),
    secrets: secretTexts(definition.secrets),
    protocols,
    tags: asTexts(definition.tags),
    definition,
  });
}
