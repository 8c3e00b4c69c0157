import { formatDuration, timeoutMs } from "../job/timeout.js";
import { asObject, hasKey, isJsonObject, type Json, type JsonObject } from "../json.js";
import { formatPath, type YamlPath } from "../yaml/path.js";
import { blocksOf, type JobBlock } from "./job-blocks.js";
import { isSplit, multinodeFindings } from "./multinode-checks.js";
import type { Finding } from "./problem.js";

/** What no schema can say about a job (lava-dispatcher.md 1.1, 1.2, 1.3, 1.6; lava-server.md 6.9). */
export function crossChecks(job: JsonObject, options: { readonly strict: boolean }): Finding[] {
  const blocks = blocksOf(job);
  return [
    ...countFindings(blocks),
    ...timeoutFindings(job, blocks, options),
    ...multinodeFindings(job, blocks),
    ...namespaceFindings(blocks),
    ...blocks.flatMap(retryFindings),
    ...blocks.flatMap((block) => testFindings(block)),
    ...(isSplit(job) ? [] : blocks.flatMap(roleFindings)),
  ];
}

const error = (finding: Omit<Finding, "severity" | "at"> & { readonly at?: Finding["at"] }): Finding => ({
  severity: "error",
  at: "value",
  ...finding,
});

/** Ours, not LAVA's: to plan tens of thousands takes the server many seconds, each time somebody looks at the job. */
const mostBlocks = 1_000;

function countFindings(blocks: readonly JobBlock[]): Finding[] {
  if (blocks.length <= mostBlocks) return [];
  const message = `the job has ${blocks.length} actions`;
  return [error({ code: "ERR_JOB_VALUE", path: ["actions"], at: "key", expected: `at most ${mostBlocks}`, message })];
}

function timeoutFindings(
  job: JsonObject,
  blocks: readonly JobBlock[],
  { strict }: { readonly strict: boolean },
): Finding[] {
  const timeouts = asObject(job.timeouts);
  const limit = timeoutMs(timeouts.job);
  const named = (at: YamlPath, value: Json | undefined): [YamlPath, Json | undefined][] =>
    Object.entries(asObject(value)).map(([name, one]) => [[...at, name], one]);
  // These may not exceed the job's; those of a block's `timeouts` and of the queue may.
  const bounded: [YamlPath, Json | undefined][] = [
    [["timeouts", "action"], timeouts.action],
    [["timeouts", "connection"], timeouts.connection],
    ...named(["timeouts", "actions"], timeouts.actions),
    ...named(["timeouts", "connections"], timeouts.connections),
    ...blocks.map(({ path, params }): [YamlPath, Json | undefined] => [[...path, "timeout"], params.timeout]),
  ];
  const others: [YamlPath, Json | undefined][] = [
    [["timeouts", "job"], timeouts.job],
    [["timeouts", "queue"], timeouts.queue],
    ...blocks.flatMap(({ path, params }) => named([...path, "timeouts"], params.timeouts)),
  ];
  const tooLong = bounded.filter(([, value]) => limit !== undefined && (timeoutMs(value) ?? 0) > limit);
  return [
    ...tooLong.map(([path, value]) =>
      error({
        code: "ERR_JOB_TIMEOUT",
        path,
        value,
        expected: `at most ${formatDuration(limit ?? 0)}, the job's own time (timeouts.job)`,
        message: "longer than the whole job may take",
      }),
    ),
    ...[...bounded, ...others]
      .filter(([, value]) => unitCount(value) > 1)
      .map(([path, value]) => severalUnits(path, value, strict)),
  ];
}

const unitCount = (value: Json | undefined): number =>
  ["days", "hours", "minutes", "seconds"].filter((unit) => hasKey(value, unit)).length;

/** LAVA's parser adds several units up; its strict schema allows one. */
const severalUnits = (path: YamlPath, value: unknown, strict: boolean): Finding => ({
  severity: strict ? "error" : "warning",
  code: "ERR_JOB_TIMEOUT",
  path,
  at: "value",
  value,
  expected: "one unit of time, such as {minutes: 5}",
  message: "several units are given: they are added up",
});

const reserved = ["common", "docker-test-shell"];

function namespaceFindings(blocks: readonly JobBlock[]): Finding[] {
  const findings: Finding[] = [];
  for (const { path, params } of blocks)
    if (typeof params.namespace === "string" && reserved.includes(params.namespace))
      findings.push(
        error({
          code: "ERR_JOB_NAMESPACE",
          path: [...path, "namespace"],
          value: params.namespace,
          expected: `a name other than ${reserved.join(" and ")}`,
          message: "this name is reserved",
        }),
      );
  const first = blocks.find(({ params }) => hasKey(params, "namespace"));
  const without = blocks.filter(({ params }) => !hasKey(params, "namespace"));
  if (!first) return findings;
  for (const { path } of without)
    findings.push(
      error({
        code: "ERR_JOB_NAMESPACE",
        path,
        at: "key",
        expected: "namespace, in all blocks or in none",
        message: `has no namespace, though ${formatPath(first.path)} has one`,
      }),
    );
  return findings;
}

function retryFindings({ path, params }: JobBlock): Finding[] {
  if (!hasKey(params, "repeat") || !hasKey(params, "failure_retry")) return [];
  const message = "repeat and failure_retry exclude each other";
  return [
    error({
      code: "ERR_JOB_RETRY",
      path: [...path, "repeat"],
      at: "key",
      value: params.repeat,
      expected: "one of them",
      message,
    }),
  ];
}

function roleFindings({ path, params }: JobBlock): Finding[] {
  if (typeof params.role !== "string") return [];
  return [
    error({
      code: "ERR_JOB_MULTINODE",
      path: [...path, "role"],
      value: params.role,
      expected: `a list of roles: [${params.role}]`,
      message: "a single role is what a server writes; a job lists roles",
    }),
  ];
}

/** The dispatcher checks names of test definitions once more, and refuses a dot (1.6). */
function testFindings({ section, path, params }: JobBlock): Finding[] {
  if (section !== "test" || !Array.isArray(params.definitions)) return [];
  return params.definitions.flatMap((definition: unknown, index: number) => {
    if (!isJsonObject(definition)) return [];
    const at = [...path, "definitions", index];
    const { name } = definition;
    const findings: Finding[] = [];
    if (typeof name === "string" && name.includes("."))
      findings.push(
        error({
          code: "ERR_JOB_TEST_NAME",
          path: [...at, "name"],
          value: name,
          expected: "letters, digits, - and _",
          message: "a dot is not allowed in a test's name",
        }),
      );
    if (definition.shallow === true && hasKey(definition, "revision"))
      findings.push(
        error({
          code: "ERR_JOB_SHALLOW",
          path: [...at, "shallow"],
          value: true,
          expected: "shallow or revision, not both",
          message: "a shallow clone does not hold the revision",
        }),
      );
    return findings;
  });
}
