import { BasaltError, type ErrorKind } from "../errors.js";
import { excerpt, type Position } from "./position.js";

/** Why a text was refused as YAML. */
export type YamlErrorCode =
  | "ERR_YAML_SYNTAX"
  | "ERR_YAML_CHARACTER"
  | "ERR_YAML_SIZE"
  | "ERR_YAML_DEPTH"
  | "ERR_YAML_DOCUMENTS"
  | "ERR_YAML_TAG"
  | "ERR_YAML_VALUE"
  | "ERR_YAML_KEY"
  | "ERR_YAML_MERGE"
  | "ERR_YAML_ALIAS";

/** The text an error is about, and who is to blame for it. */
export interface YamlSource {
  readonly text: string;
  /** Name of the file, for messages. */
  readonly file: string;
  /** `job` for what a user submits, `configuration` for devices and settings. */
  readonly kind: ErrorKind;
}

/** A refusal that names file, line and column and shows the line. */
export function yamlError(
  source: YamlSource,
  code: YamlErrorCode,
  problem: { readonly reason: string; readonly at: Position; readonly cause?: unknown },
): BasaltError {
  const { reason, at } = problem;
  const place = `${source.file}:${at.line}:${at.column}`;
  const message = `${place}: cannot be read as YAML: ${reason}\n${excerpt(source.text, at)}`;
  const details = { file: source.file, line: at.line, column: at.column, offset: at.offset, reason };
  return new BasaltError(source.kind, code, message, { details, ...(problem.cause ? { cause: problem.cause } : {}) });
}
