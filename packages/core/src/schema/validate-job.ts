import { closest } from "../closest.js";
import { type Section, sections } from "../job/job.js";
import { asObject, hasKey, isJsonObject, type JsonObject } from "../json.js";
import { formatPath, type YamlPath } from "../yaml/path.js";
import type { YamlDocument } from "../yaml/read-yaml.js";
import { commonSchema } from "./common-schema.js";
import { contextVariables } from "./context-variables.js";
import { blockSchema, methodsOf, openBlockSchema, type SchemaContribution, schemasOf } from "./contribution.js";
import { crossChecks } from "./cross-checks.js";
import { explain } from "./explain.js";
import { blocksOf, type JobBlock } from "./job-blocks.js";
import { jobSkeleton, skeletonWith } from "./job-skeleton.js";
import { isSplit } from "./multinode-checks.js";
import { mostFindings, placeFindings } from "./place-findings.js";
import type { Finding, ValidationResult } from "./problem.js";
import { unknownKeys } from "./unknown-keys.js";
import { type Validator, validatorOf } from "./validators.js";

/** How {@link validateJob} checks. */
export interface ValidateJobOptions {
  /** Refuse what LAVA's strict schema refuses: unknown keys, several units in a timeout. Otherwise these are warnings. */
  readonly strict?: boolean;
  /** Names a job's `context` may set besides LAVA's (the server's EXTRA_CONTEXT_VARIABLES). */
  readonly extraContextVariables?: readonly string[];
}

/** The part of a {@link YamlDocument} a check needs. */
export type CheckedDocument = Pick<YamlDocument, "file" | "value" | "warnings" | "locator">;

/**
 * Checks a job against core's schema and those of the plugins, block by block (lava-dispatcher.md 1): all problems, each
 * with its place. What was made of a plugin's schema is kept as long as the schema lives.
 */
export async function validateJob(
  document: CheckedDocument,
  contributions: readonly SchemaContribution[],
  options: ValidateJobOptions = {},
): Promise<ValidationResult> {
  const strict = options.strict ?? false;
  const job = asObject(document.value);
  const findings = [
    ...(await skeletonFindings(document.value, contributions, strict)),
    ...(await Promise.all(blocksOf(job).map((block) => blockFindings(block, contributions, strict)))).flat(),
    ...contextFindings(job, options.extraContextVariables ?? []),
    ...crossChecks(job, { strict }),
  ];
  return placeFindings(document, findings, "ERR_JOB_REPEATED_KEY");
}

async function skeletonFindings(
  job: unknown,
  contributions: readonly SchemaContribution[],
  strict: boolean,
): Promise<Finding[]> {
  const brought = contributions.filter(({ section }) => section === "protocol").map(({ schema }) => schema);
  const validator = validatorOf("job", [jobSkeleton, ...brought], () => skeletonWith(contributions));
  // Keys a server leaves at the top of a job of its own making.
  const known = isJsonObject(job) && isSplit(job) ? ["connection", "host_role"] : [];
  const shown = isJsonObject(job)
    ? Object.fromEntries(Object.entries(job).filter(([key]) => !known.includes(key)))
    : job;
  return check(validator, shown, [], strict);
}

async function blockFindings(
  block: JobBlock,
  contributions: readonly SchemaContribution[],
  strict: boolean,
): Promise<Finding[]> {
  const section = sections.find((one) => one === block.section);
  if (!section) return [];
  const method = methodOfBlock(section, block.params);
  const [first, ...others] = method === undefined ? [] : schemasOf(section, method, contributions);
  if (first === undefined) {
    const validator = validatorOf(`${section} (any)`, [commonSchema], () => openBlockSchema(section));
    const violations = await check(validator, block.raw, block.path, strict);
    if (!isJsonObject(block.raw)) return violations;
    const unknown = unknownMethod(section, block, methodsOf(section, contributions));
    return [unknown, ...violations.filter(({ path }) => formatPath(path) !== formatPath(unknown.path))];
  }
  const validator = validatorOf(`${section} ${method}`, [first, ...others], () =>
    blockSchema(section, [first, ...others]),
  );
  return check(validator, block.raw, block.path, strict);
}

const testKinds = ["definitions", "interactive", "monitors", "services"];

/** What tells the method of a block: a key's value, or for tests which key is there (1.6). */
function methodOfBlock(section: Section, params: JsonObject): string | undefined {
  if (section === "command") return "command";
  if (section === "test") {
    if (hasKey(params, "definitions") && hasKey(params, "docker")) return "docker";
    return testKinds.find((kind) => hasKey(params, kind));
  }
  const method = section === "deploy" ? params.to : params.method;
  return typeof method === "string" ? method : undefined;
}

function unknownMethod(section: Section, { path, params }: JobBlock, known: readonly string[]): Finding {
  const key = section === "deploy" ? "to" : "method";
  const list = known.join(", ") || "nothing: no plugin here brings one";
  const base = { severity: "error", code: "ERR_JOB_UNKNOWN_METHOD" } as const;
  if (section === "command")
    return { ...base, path, at: "key", expected: list, message: "no plugin here runs commands" };
  if (section === "test") {
    const kind = methodOfBlock(section, params);
    const message = kind ? `no plugin here runs tests of the kind ${kind}` : "nothing says what kind of test this is";
    return { ...base, path, at: "key", expected: `one of the keys ${list}`, message };
  }
  if (!hasKey(params, key))
    return {
      ...base,
      code: "ERR_JOB_MISSING",
      path,
      at: "key",
      expected: `${key}: one of ${list}`,
      message: `${key} is missing`,
    };
  const value = params[key];
  const near = typeof value === "string" ? closest(value, known) : undefined;
  const message = `no plugin here knows this ${section} method${near ? `; did you mean ${near}?` : ""}`;
  return { ...base, path: [...path, key], at: "value", value, expected: `one of ${list}`, message };
}

/** Violations of a schema and keys it does not know, with paths from the document's root. */
async function check(validator: Validator, value: unknown, at: YamlPath, strict: boolean): Promise<Finding[]> {
  const violations = explain(await validator.validate(value), value).map(
    ({ kind, path, ...rest }): Finding => ({
      severity: "error",
      code: kind === "missing" ? "ERR_JOB_MISSING" : "ERR_JOB_VALUE",
      at: kind === "missing" ? "key" : "value",
      path: [...at, ...path],
      ...rest,
    }),
  );
  // nothing that comes after them is told
  if (violations.length >= mostFindings) return violations;
  const unknown = unknownKeys(validator.schema, value, { strict }).map(({ path, known, nearest }): Finding => {
    const key = String(path.at(-1));
    return {
      severity: strict ? "error" : "warning",
      code: "ERR_JOB_UNKNOWN_KEY",
      path: [...at, ...path],
      at: "key",
      expected: nearest ?? (known.length > 0 ? `one of ${known.join(", ")}` : "no keys"),
      message: `${key} is no known key here${nearest ? `; did you mean ${nearest}?` : ""}`,
    };
  });
  return [...violations, ...unknown];
}

function contextFindings(job: JsonObject, extra: readonly string[]): Finding[] {
  const known = new Set([...contextVariables, ...extra]);
  // the first only: to find the word that was meant takes time for each
  return Object.keys(asObject(job.context))
    .filter((name) => !known.has(name))
    .slice(0, mostFindings)
    .map((name): Finding => {
      const near = closest(name, known);
      return {
        severity: "error",
        code: "ERR_JOB_CONTEXT",
        path: ["context", name],
        at: "key",
        value: asObject(job.context)[name],
        expected: near ?? `one of ${[...known].join(", ")}; more names can be allowed in the server's settings`,
        message: `jobs may not set the context variable ${name}${near ? `; did you mean ${near}?` : ""}`,
      };
    });
}
