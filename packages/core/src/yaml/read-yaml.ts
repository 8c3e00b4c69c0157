import { toBasaltError } from "../errors.js";
import { checkText } from "./check-text.js";
import { composeValue } from "./compose.js";
import { FastTreeError, fastTree } from "./fast-tree.js";
import { documentLimits, type YamlLimits } from "./limits.js";
import { type Locator, locatorOf } from "./locate.js";
import { parseNodes, type YamlNodes } from "./nodes.js";
import { positionAt } from "./position.js";
import { type ReadYamlOptions, readYamlFast } from "./read-yaml-fast.js";
import { repeatedKeys, type YamlWarning } from "./repeated-keys.js";
import { SettleError, settle } from "./settle.js";
import type { YamlSource } from "./yaml-error.js";

/** A job, device or test definition as it was read, with the places of its parts. */
export interface YamlDocument {
  readonly file: string;
  readonly text: string;
  readonly value: unknown;
  /** Repeated keys; none where the reader was told to be quiet. */
  readonly warnings: readonly YamlWarning[];
  /** Loads what is needed to find positions. Needed only when there is something to complain about. */
  locator(): Promise<Locator>;
}

/**
 * Texts longer than this (characters) are read by js-yaml alone: `yaml` takes seconds for a megabyte that somebody made to stall it, and a
 * server reads what anybody sends. Its repeated keys are not told then, and problems are placed at the document's start.
 */
const longestPlaced = 262_144;

/** How {@link readYaml} reads. */
export interface ReadDocumentOptions extends ReadYamlOptions {
  /** Without warnings about repeated keys: a text that has some is then read as fast as any other. */
  readonly quiet?: boolean;
}

/**
 * Reads a YAML document as LAVA reads it: YAML 1.1 as PyYAML's SafeLoader has it (spec 1, B 12).
 *
 * - Integers beyond 2^53 are strings of decimal digits; `1.0` is the number 1, and {@link pythonText} still prints `1.0`.
 * - Timestamps are the text Python prints for them. `!!binary`, `!!set`, `!!omap` and unknown tags are refused.
 * - Keys are strings, as Python's `json.dumps` writes them: `yes:` is "true", `010:` is "8", `~:` is "null". JavaScript
 *   lists keys that look like small integers first, in numeric order; all others keep the order they are written in.
 * - The last of repeated keys wins, with a warning. Aliases share one value: do not change what was read.
 *
 * Throws ERR_YAML_* of the chosen kind with file, line, column and the line.
 */
export async function readYaml(text: string, options: ReadDocumentOptions = {}): Promise<YamlDocument> {
  const source: YamlSource = { text, file: options.file ?? "(text)", kind: options.kind ?? "job" };
  const limits = { ...documentLimits, ...options.limits };
  checkText(source, limits);
  if (text.length > longestPlaced) {
    const value = readYamlFast(text, { ...options, limits });
    return { file: source.file, text, value, warnings: [], locator: async () => () => positionAt(text, 0) };
  }
  let nodes: Promise<YamlNodes> | undefined;
  const parsed = (readable: boolean): Promise<YamlNodes> => {
    nodes ??= import("yaml").then((yaml) => parseNodes(yaml, source, readable));
    return nodes;
  };
  const locator = async (): Promise<Locator> => locatorOf(await parsed(true), text);
  const quiet = options.quiet ?? false;
  const flawless = readWithJsYaml(text, limits, quiet);
  if (flawless) return { file: source.file, text, value: flawless.value, warnings: [], locator };
  const found = quiet ? undefined : readWithJsYaml(text, limits, true);
  const tree = await parsed(found !== undefined);
  if (!found && tree.error) {
    // `yaml` ran out of stack; js-yaml counts, and says where it is too deep
    if (toBasaltError(tree.error).code === "ERR_YAML_DEPTH") readYamlFast(text, { ...options, limits });
    throw tree.error;
  }
  const value = found ? found.value : composeValue(tree, source, limits);
  return { file: source.file, text, value, warnings: quiet ? [] : repeatedKeys(tree, text), locator };
}

/** js-yaml reads a flawless document in a fraction of the time `yaml` takes, and some texts `yaml` refuses. */
function readWithJsYaml(text: string, limits: YamlLimits, lastWins: boolean): { readonly value: unknown } | undefined {
  try {
    return { value: settle(fastTree(text, { lastWins, maxDepth: limits.maxDepth }), limits) };
  } catch (error) {
    if (error instanceof FastTreeError || error instanceof SettleError) return undefined;
    throw error;
  }
}
