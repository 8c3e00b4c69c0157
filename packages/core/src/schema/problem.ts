import { type BasaltError, BasaltError as Failure } from "../errors.js";
import { formatPath, type YamlPath } from "../yaml/path.js";

/** What is wrong with a document. */
export type ProblemCode =
  | "ERR_JOB_VALUE"
  | "ERR_JOB_MISSING"
  | "ERR_JOB_UNKNOWN_KEY"
  | "ERR_JOB_UNKNOWN_METHOD"
  | "ERR_JOB_CONTEXT"
  | "ERR_JOB_TIMEOUT"
  | "ERR_JOB_MULTINODE"
  | "ERR_JOB_NAMESPACE"
  | "ERR_JOB_RETRY"
  | "ERR_JOB_TEST_NAME"
  | "ERR_JOB_SHALLOW"
  | "ERR_JOB_REPEATED_KEY"
  | "ERR_DEVICE_VALUE"
  | "ERR_DEVICE_MISSING"
  | "ERR_DEVICE_SSH_POWER"
  | "ERR_DEVICE_TIMEOUT"
  | "ERR_DEVICE_REPEATED_KEY";

/** A finding before its place is known. */
export interface Finding {
  readonly severity: "error" | "warning";
  readonly code: ProblemCode;
  readonly path: YamlPath;
  /** Where to point: at the value, or at its key. */
  readonly at: "key" | "value";
  readonly value?: unknown;
  readonly expected: string;
  readonly message: string;
}

/** One thing that is wrong with a document, or may be. */
export interface Problem extends Omit<Finding, "path" | "at" | "value"> {
  readonly file: string;
  /** Line and column count from 1. */
  readonly line: number;
  readonly column: number;
  /** `actions[1].boot.method`. */
  readonly path: string;
  /** The value as YAML, shortened; secrets are hidden; empty where there is none. */
  readonly value: string;
}

/** The outcome of a check: all problems are told, not just the first. */
export type ValidationResult =
  | { readonly ok: true; readonly warnings: readonly Problem[] }
  | { readonly ok: false; readonly problems: readonly Problem[]; readonly warnings: readonly Problem[] };

const secretKey = /^(?:secrets?|.*password|.*token|identity_file)$/i;

/** A value as one line of YAML. */
export function showValue(path: YamlPath, value: unknown): string {
  if (value === undefined) return "";
  if (path.some((step) => typeof step === "string" && secretKey.test(step))) return "(hidden)";
  const hide = (key: string, member: unknown): unknown => (secretKey.test(key) ? "(hidden)" : member);
  const line = typeof value === "number" ? String(value) : JSON.stringify(value, hide);
  return line.length > 100 ? `${line.slice(0, 97)}...` : line;
}

/** The problems as people read them: place, path and message, then the value and what was expected. */
export function formatProblems(problems: readonly Problem[]): string {
  return problems.map(formatProblem).join("\n");
}

function formatProblem({ file, line, column, severity, path, message, value, expected, code }: Problem): string {
  const lines = [`${file}:${line}:${column}: ${severity}: ${path}: ${message} [${code}]`];
  if (value !== "") lines.push(`    value:    ${value}`);
  if (expected !== "") lines.push(`    expected: ${expected}`);
  return lines.join("\n");
}

/** One error for all problems of a job: kind job, ERR_JOB_INVALID, with the problems in its details. */
export const problemsToError = (problems: readonly Problem[]): BasaltError =>
  new Failure("job", "ERR_JOB_INVALID", summary("job", problems), { details: { problems } });

/** One error for all problems of a device: kind configuration, ERR_DEVICE_INVALID. */
export const deviceProblemsToError = (problems: readonly Problem[]): BasaltError =>
  new Failure("configuration", "ERR_DEVICE_INVALID", summary("device", problems), { details: { problems } });

function summary(what: string, problems: readonly Problem[]): string {
  const count = problems.length === 1 ? "a problem" : `${problems.length} problems`;
  return `${problems[0]?.file ?? "(text)"}: the ${what} has ${count}:\n${formatProblems(problems)}`;
}

/** The path of a finding for messages. */
export const pathText = formatPath;
