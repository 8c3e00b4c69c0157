import type { BasaltError, ErrorKind } from "../errors.js";
import { checkText } from "./check-text.js";
import { type FastTree, FastTreeError, fastTree } from "./fast-tree.js";
import { bulkLimits, type YamlLimits } from "./limits.js";
import { positionAt } from "./position.js";
import { SettleError, settle, tooDeep } from "./settle.js";
import { type YamlErrorCode, type YamlSource, yamlError } from "./yaml-error.js";

/** How {@link readYamlFast} names its text and what it refuses. */
export interface ReadYamlOptions {
  /** Name of the file, for messages. */
  readonly file?: string;
  /** Who is to blame for a bad text: `job` (the default) or `configuration` for devices and settings. */
  readonly kind?: ErrorKind;
  readonly limits?: Partial<YamlLimits>;
}

/**
 * Reads a large document (a rendered device, a log) as PyYAML's loader does, YAML 1.1, with js-yaml: the values of
 * {@link readYaml} without positions. The last of repeated keys wins silently. Throws ERR_YAML_* with line and column.
 */
export function readYamlFast(text: string, options: ReadYamlOptions = {}): unknown {
  const source = { text, file: options.file ?? "(text)", kind: options.kind ?? ("job" as const) };
  const limits = { ...bulkLimits, ...options.limits };
  checkText(source, limits);
  const tree = (lastWins: boolean): FastTree => fastTree(text, { lastWins, maxDepth: limits.maxDepth });
  try {
    try {
      return settle(tree(true), limits);
    } catch (error) {
      // What seems to be a list used as a key may have been the value of a key that was repeated.
      const repeats = error instanceof SettleError && error.code === "ERR_YAML_KEY" && !isReadable(() => tree(false));
      if (repeats) return settle(tree(true), limits, "ignore");
      throw error;
    }
  } catch (error) {
    throw asYamlError(source, error, limits);
  }
}

function isReadable(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch {
    return false;
  }
}

function asYamlError(source: YamlSource, error: unknown, limits: YamlLimits): unknown {
  if (error instanceof SettleError) return fail(source, error.code, error);
  if (!(error instanceof FastTreeError)) return error;
  const code = codeOf(error);
  return fail(source, code, error, code === "ERR_YAML_DEPTH" ? tooDeep(limits).message : error.message);
}

function fail(
  source: YamlSource,
  code: YamlErrorCode,
  error: SettleError | FastTreeError,
  reason = error.message,
): BasaltError {
  // js-yaml drops a byte order mark before it counts.
  const offset = error.offset + (source.text.startsWith("\uFEFF") ? 1 : 0);
  return yamlError(source, code, { reason, at: positionAt(source.text, offset), cause: error });
}

function codeOf(error: FastTreeError): YamlErrorCode {
  if (/^unknown tag/.test(error.message)) return "ERR_YAML_TAG";
  if (error.refused || /explicit tag|unacceptable node kind/.test(error.message)) return "ERR_YAML_VALUE";
  if (/^nesting exceeded/.test(error.message)) return "ERR_YAML_DEPTH";
  if (/^expected a single document/.test(error.message)) return "ERR_YAML_DOCUMENTS";
  if (/^unidentified alias/.test(error.message)) return "ERR_YAML_ALIAS";
  if (/nested arrays are not supported inside keys/.test(error.message)) return "ERR_YAML_KEY";
  return "ERR_YAML_SYNTAX";
}
