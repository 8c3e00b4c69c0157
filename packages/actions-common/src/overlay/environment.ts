import { asList, asObject, asText, type Device, type Dispatcher, dig, type Job, type Json } from "@basalt/core";
import { isVariableName, shellQuoted } from "./shell-text.js";

/** What the files `environment` and `secrets` are made from. */
export interface EnvironmentRequest {
  readonly device: Device;
  readonly job: Job;
  readonly jobId: string;
  readonly dispatcher: Dispatcher;
  /** Told of names that no shell takes. */
  onWarning(text: string): void;
}

const shellValue = (value: Json | undefined): string => {
  if (typeof value === "boolean") return value ? "1" : "0";
  if (typeof value === "number") return String(value);
  return shellQuoted(asText(value) ?? (value === null || value === undefined ? "" : JSON.stringify(value)));
};

type Variable = readonly [name: string, value: Json | undefined];

function infoVariables(device: Device, key: string): readonly Variable[] {
  return asList(device.dictionary[key]).flatMap((entry, index) =>
    Object.entries(asObject(entry)).map(
      ([name, value]): Variable => [`LAVA_${key.toUpperCase()}_${index}_${name}`, value],
    ),
  );
}

/** Environment of this job or, in a MultiNode job, of its role. */
const jobEnvironment = (job: Job): readonly Variable[] =>
  Object.entries({ ...job.environment, ...asObject(dig(job.protocols, "lava-multinode", "environment")) });

/** The overlay's `environment` file: `export K=V` lines in LAVA's order (lava-dispatcher.md 3.11). */
export function environmentFile({ device, dispatcher, job, jobId, onWarning }: EnvironmentRequest): string {
  const cache = asText(dispatcher.config.http_url_format_string);
  const variables: readonly Variable[] = [
    ...Object.entries(asObject(device.dictionary.environment)),
    ...infoVariables(device, "device_info"),
    ...infoVariables(device, "static_info"),
    ...infoVariables(device, "storage_info"),
    ...jobEnvironment(job),
    ["LAVA_JOB_ID", jobId],
    ["LAVA_DISPATCHER_IP", dispatcher.ip],
    ...(job.tags.length > 0 ? [["LAVA_JOB_TAGS", job.tags.join(" ")] as const] : []),
    ["LAVA_DISPATCHER_PREFIX", dispatcher.prefix],
    ["LAVA_DEVICE_HOSTNAME", device.hostname],
    ["LAVA_DEVICE_TYPE", device.type],
    ...(cache === undefined ? [] : [["HTTP_CACHE", cache] as const]),
  ];
  const lines = variables.flatMap(([name, value]) => {
    if (isVariableName(name)) return [`export ${name}=${shellValue(value)}\n`];
    onWarning(`environment: '${name}' is no name that a shell takes: left out`);
    return [];
  });
  return lines.join("");
}

/** The overlay's `secrets` file: the job's secrets, then what the lab exports on devices. */
export function secretsFile({ dispatcher, job }: EnvironmentRequest): string {
  const entries = [...Object.entries(job.secrets), ...Object.entries(dispatcher.environmentForDevice)];
  return entries.map(([name, value]) => `${name}=${shellQuoted(value)}\n`).join("");
}
