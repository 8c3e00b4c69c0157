import yaml from "js-yaml";
import { Refused } from "./refused.js";
import { mergeMark, type Resolved, resolvePlain, resolveTagged } from "./resolve.js";

/** A list or mapping js-yaml made, and where it ended. */
export interface Made {
  readonly value: object;
  readonly offset: number;
}

/** What js-yaml made of a text: floats still wrapped, merge keys still under their {@link FastTree.mergePrefix} names. */
export interface FastTree {
  readonly root: unknown;
  readonly made: readonly Made[];
  /** Offsets just behind each plain `<<`; the n-th is the key (or stray value) `mergePrefix + n`. */
  readonly merges: readonly number[];
  readonly mergePrefix: string;
}

/** A place js-yaml or one of our types gave up at. */
export class FastTreeError extends Error {
  readonly offset: number;
  readonly refused: boolean;
  constructor(reason: string, offset: number, refused: boolean) {
    super(reason);
    this.offset = offset;
    this.refused = refused;
  }
}

/** The members of js-yaml's parser state that its listener may use and its types leave out. */
interface ParserState extends yaml.State {
  readonly tag: string | null;
  readonly anchor: string | null;
  readonly anchorMap: Record<string, unknown>;
}

const mergePrefix = "<<\u0000";
const core = "tag:yaml.org,2002:";

/** One implicit type that resolves every plain scalar as PyYAML does. */
function plainType(): yaml.Type {
  let found: Resolved;
  return new yaml.Type("tag:basalt:plain", {
    kind: "scalar",
    resolve: (text: unknown) => {
      found = resolvePlain(String(text));
      return typeof found !== "string" || found !== text;
    },
    construct: () => found,
  });
}

const tagged = (name: string): yaml.Type =>
  new yaml.Type(core + name, { kind: "scalar", construct: (text) => resolveTagged(core + name, text ?? "") });

const collection = (name: "seq" | "map", kind: "sequence" | "mapping"): yaml.Type =>
  new yaml.Type(core + name, { kind, construct: (value) => value ?? resolveTagged(core + name, "") });

const schema = new yaml.Schema({
  implicit: [plainType()],
  explicit: [
    ...["str", "int", "float", "bool", "null", "timestamp"].map(tagged),
    collection("seq", "sequence"),
    collection("map", "mapping"),
  ],
});

/**
 * Reads a text with js-yaml under YAML 1.1 as PyYAML reads it. With `lastWins` a repeated key is silently replaced,
 * else it is an error. Throws {@link FastTreeError}.
 */
export function fastTree(text: string, options: { readonly lastWins: boolean; readonly maxDepth: number }): FastTree {
  const made: Made[] = [];
  const merges: number[] = [];
  const length = text.length - (text.startsWith("\uFEFF") ? 1 : 0);
  const unended = !/[\r\n]$/.test(text);
  // js-yaml leaves a scalar tagged `!` a string, and in this schema knows no merge keys.
  const listener = (event: yaml.EventType, parser: yaml.State): void => {
    if (event !== "close") return;
    const state = parser as ParserState;
    const { kind, tag } = state;
    if (tag === "!" && (kind === "scalar" || kind === null)) {
      // libyaml gives the empty text for a lone `!`, though an empty plain scalar is null.
      state.result = kind === null ? "" : resolvePlain(String(state.result));
      if (state.anchor !== null) state.anchorMap[state.anchor] = state.result;
    }
    if (unended && kind === "scalar" && state.position > length) state.result = withoutLastBreak(state.result);
    const result: unknown = state.result;
    if (result === mergeMark) {
      state.result = mergePrefix + merges.length;
      if (state.anchor !== null) state.anchorMap[state.anchor] = state.result;
      merges.push(state.position);
    } else if (result instanceof Refused) {
      throw new FastTreeError(result.reason, state.position, true);
    } else if (kind === "sequence" || kind === "mapping") {
      made.push({ value: result as object, offset: state.position });
    }
  };
  try {
    const root = yaml.load(text, {
      schema,
      json: options.lastWins,
      listener,
      maxDepth: options.maxDepth,
    } as yaml.LoadOptions);
    return { root: root === undefined ? null : root, made, merges, mergePrefix };
  } catch (error) {
    if (error instanceof yaml.YAMLException) throw new FastTreeError(error.reason, error.mark?.position ?? 0, false);
    if (error instanceof RangeError) throw new FastTreeError("nesting exceeded what can be read", 0, false);
    throw error;
  }
}

/** js-yaml ends the text with a line break it may not have, and a block scalar that stands last keeps it. */
const withoutLastBreak = (value: unknown): unknown => (typeof value === "string" ? value.replace(/\n$/, "") : value);
