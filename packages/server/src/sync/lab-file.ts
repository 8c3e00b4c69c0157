import { closest, configurationError, formatPath, type Locator, readYaml, type YamlPath } from "@basalt/core";
import { Ajv, type ErrorObject } from "ajv";
import { stringify } from "yaml";
import { codenamesOf, type ObjectKind } from "../people/rights.js";
import { deviceHealths, workerHealths } from "../store/rows.js";
import { defaults, type LabFacts, type Section, type WantedLab } from "./lab-facts.js";

const text = { type: "string" };
const textOrNull = { type: ["string", "null"] };
const count = { type: "integer", minimum: 0 };
const countOrNull = { type: ["integer", "null"], minimum: 0 };
const texts = { type: "array", items: text };
const flag = { type: "boolean" };
const permissionsOf = (kind: ObjectKind): object => ({
  type: "object",
  properties: Object.fromEntries(codenamesOf[kind].map((codename) => [codename, texts])),
  additionalProperties: false,
});

const things = (properties: object, longest = 200) => ({
  type: ["object", "null"],
  propertyNames: { pattern: `^[^/]{1,${longest}}$` },
  additionalProperties: { type: ["object", "null"], properties, additionalProperties: false },
});

const schema = {
  type: ["object", "null"],
  additionalProperties: false,
  properties: {
    workers: things({
      description: text,
      health: { enum: workerHealths },
      job_limit: count,
      permissions: permissionsOf("worker"),
    }),
    device_types: things(
      {
        description: text,
        architecture: textOrNull,
        processor: textOrNull,
        cpu_model: textOrNull,
        bits: countOrNull,
        cores: texts,
        core_count: countOrNull,
        health_frequency: { type: "integer", minimum: 1 },
        health_denominator: { enum: ["hours", "jobs"] },
        disable_health_check: flag,
        display: flag,
        job_limit: count,
        aliases: texts,
        permissions: permissionsOf("devicetype"),
      },
      50,
    ),
    tags: things({ description: text }),
    devices: things({
      device_type: text,
      device_version: textOrNull,
      description: text,
      worker: textOrNull,
      health: { enum: deviceHealths },
      tags: texts,
      physical_owner: textOrNull,
      physical_group: textOrNull,
      permissions: permissionsOf("device"),
    }),
  },
};

const check = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(schema);

const unescaped = (step: string): string => step.replaceAll("~1", "/").replaceAll("~0", "~");

interface Complaint {
  readonly path: YamlPath;
  readonly words: string;
}

/** Keys that would be right where one is not. */
function knownKeys(path: YamlPath): readonly string[] {
  if (path.length === 0) return Object.keys(schema.properties);
  if (path.at(-1) === "permissions")
    return codenamesOf[path[0] === "workers" ? "worker" : path[0] === "devices" ? "device" : "devicetype"];
  return Object.keys(defaults[path[0] as Section]);
}

function complaint({ instancePath, keyword, params, message, propertyName }: ErrorObject): Complaint | undefined {
  const path = instancePath.split("/").slice(1).map(unescaped);
  if (keyword === "additionalProperties") {
    const key = String(params.additionalProperty);
    const near = closest(key, knownKeys(path));
    const known = near === undefined ? `expected one of ${knownKeys(path).join(", ")}` : `did you mean ${near}?`;
    return { path: [...path, key], words: `is not known: ${known}` };
  }
  if (keyword === "propertyNames") return undefined; // its pattern says more
  if (propertyName !== undefined)
    return { path: [...path, propertyName], words: "can't be a name: it is too long, or has a / in it" };
  if (keyword === "enum") return { path, words: `must be one of ${(params.allowedValues as string[]).join(", ")}` };
  return { path, words: message ?? "is wrong" };
}

/** What `lab.yaml` wants, and where each part of it stands. */
export interface LabFile {
  readonly file: string;
  readonly wanted: WantedLab;
  readonly locate: Locator;
}

/** Reads `lab.yaml`. @throws ERR_YAML_*, ERR_SYNC_LAB_FILE (configuration) with file and lines, all problems at once */
export async function readLabFile(file: string, source: string): Promise<LabFile> {
  const document = await readYaml(source, { file, kind: "configuration" });
  const locate = await document.locator();
  if (check(document.value)) {
    const filled = Object.entries((document.value ?? {}) as Record<string, Record<string, object | null> | null>).map(
      ([section, named]) => [
        section,
        Object.fromEntries(Object.entries(named ?? {}).map(([name, fields]) => [name, fields ?? {}])),
      ],
    );
    return { file, wanted: Object.fromEntries(filled) as WantedLab, locate };
  }
  const complaints = (check.errors ?? []).map(complaint).filter((found) => found !== undefined);
  throw configurationError(
    "ERR_SYNC_LAB_FILE",
    complaints.map(({ path, words }) => `${file}:${locate(path, "key").line}: ${formatPath(path)} ${words}`).join("\n"),
    { details: { file, problems: complaints.length } },
  );
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

export interface LabTextOptions {
  /** With the health that jobs and health checks gave devices, too: it is no setting, so a file does not have it. */
  readonly experience?: boolean;
}

const chosen = new Set(["Maintenance", "Retired"]);

/** `lab.yaml` of a lab: what differs from the defaults, everything in order of names. */
export function labFileText(facts: LabFacts, { experience = false }: LabTextOptions = {}): string {
  const sections = (["workers", "device_types", "tags", "devices"] as const).flatMap((section) => {
    const usual: Readonly<Record<string, unknown>> = { ...defaults[section] };
    const named = Object.entries(facts[section]).map(([name, fields]) => [
      name,
      Object.fromEntries(
        Object.entries(fields as object).filter(([key, value]) => {
          if (key === "health" && section === "devices" && !experience && !chosen.has(value as string)) return false;
          return !same(value, usual[key]);
        }),
      ),
    ]);
    return named.length === 0 ? [] : [[section, Object.fromEntries(named)]];
  });
  if (sections.length === 0) return "";
  return stringify(Object.fromEntries(sections), { version: "1.1", lineWidth: 0 });
}
