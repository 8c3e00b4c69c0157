import type { AssertKind, Node } from "./ast.js";
import { someNode, widthOf } from "./ast.js";
import { anyChar, type CharSet, complement, normalize, singleChar, union } from "./char-set.js";
import { parseEscape, parseSet } from "./parse-escape.js";
import { type PatternFlags, parseFlags } from "./parse-flags.js";
import { tooLargeError, unsupportedError } from "./pattern-error.js";
import { PatternSource } from "./pattern-source.js";
import { ignoringCase } from "./unicode.js";

/** A pattern, read. */
export interface ParsedPattern {
  readonly root: Node;
  /** Number of capturing groups. */
  readonly groupCount: number;
  readonly groupNames: ReadonlyMap<string, number>;
}

// Python's own parser gives up at its recursion limit; ours must not run out of stack before that.
const deepestNesting = 200;
const notNewline = complement(singleChar(10));
/** A name as Python's str.isidentifier() takes it. */
const identifier = /^[\p{XID_Start}_]\p{XID_Continue}*$/u;

class Parser {
  readonly source: PatternSource;
  readonly names = new Map<string, number>();
  readonly #open = new Set<number>();
  #groups = 0;
  /** Groups below this number existed before the look-behind now being read. */
  #lookbehindGroups: number | undefined;
  #depth = 0;

  constructor(text: string) {
    this.source = new PatternSource(text);
  }

  get groupCount(): number {
    return this.#groups;
  }

  choice(flags: PatternFlags, top = false): Node {
    if (++this.#depth > deepestNesting)
      throw tooLargeError(this.source.text, `groups are nested more than ${deepestNesting} deep`);
    const items: Node[] = [];
    let current = flags;
    do {
      const read = this.sequence(current, top && items.length === 0);
      // global flags hold for the whole pattern, its later branches too
      current = read.flags;
      items.push(read.node);
    } while (this.source.take("|"));
    this.#depth--;
    return items.length === 1 && items[0] ? items[0] : { type: "choice", items };
  }

  sequence(initial: PatternFlags, first: boolean): { node: Node; flags: PatternFlags } {
    const { source } = this;
    const items: Node[] = [];
    let flags = initial;
    for (;;) {
      const char = source.peek();
      if (char === undefined || char === "|" || char === ")") break;
      const start = source.position;
      source.next();
      if (flags.verbose && this.#skipVerbose(char)) continue;
      if (char === "(" && this.#comment()) continue;
      const global =
        char === "(" ? this.#globalFlags(flags, { start, atStart: first && items.length === 0 }) : undefined;
      if (global) {
        flags = global;
        continue;
      }
      const limits = "*+?{".includes(char) ? this.#repeat(char) : undefined;
      if (limits) items.push(this.#repeated(items.pop(), limits, start));
      else items.push(this.#atom(char, flags, start));
    }
    return { node: items.length === 1 && items[0] ? items[0] : { type: "sequence", items }, flags };
  }

  #skipVerbose(char: string): boolean {
    if (" \t\n\r\v\f".includes(char)) return true;
    if (char !== "#") return false;
    while (this.source.peek() !== undefined && this.source.next() !== "\n");
    return true;
  }

  #comment(): boolean {
    const { source } = this;
    if (source.peek() !== "?" || source.peek(1) !== "#") return false;
    const start = source.position - 1;
    for (let char = source.next(); char !== ")"; char = source.next())
      if (char === undefined) source.fail("missing ), unterminated comment", start);
    return true;
  }

  /** `(?i)`: undefined when the group is anything else, with the cursor where it was. */
  #globalFlags(flags: PatternFlags, at: { start: number; atStart: boolean }): PatternFlags | undefined {
    const { source } = this;
    const letter = source.peek(1);
    if (source.peek() !== "?" || letter === undefined || !/[a-zA-Z-]/.test(letter) || letter === "P") return undefined;
    const before = source.position;
    source.position += 2;
    const read = parseFlags(source, letter, flags);
    if (read.scoped) {
      source.position = before;
      return undefined;
    }
    if (!at.atStart) source.fail("global flags not at the start of the expression", at.start);
    return read.flags;
  }

  #repeat(char: string): { min: number; max: number } | undefined {
    const { source } = this;
    if (char === "*") return { min: 0, max: Infinity };
    if (char === "+") return { min: 1, max: Infinity };
    if (char === "?") return { min: 0, max: 1 };
    const start = source.position;
    if (source.peek() === "}") return undefined;
    const low = source.takeWhile(/[0-9]/);
    const high = source.take(",") ? source.takeWhile(/[0-9]/) : low;
    if (!source.take("}")) {
      source.position = start;
      return undefined;
    }
    const min = low === "" ? 0 : Number(low);
    const max = high === "" ? Infinity : Number(high);
    if (min >= 2 ** 32 - 1 || (max >= 2 ** 32 - 1 && max !== Infinity))
      return source.fail("the repetition number is too large", start);
    if (max < min) return source.fail("min repeat greater than max repeat", start);
    return { min, max };
  }

  #repeated(body: Node | undefined, limits: { min: number; max: number }, start: number): Node {
    const { source } = this;
    if (!body || body.type === "assert") return source.fail("nothing to repeat", start);
    if ((body.type === "repeat" || body.type === "atomic") && this.#bareRepeats.has(body))
      return source.fail("multiple repeat", start);
    const lazy = source.take("?");
    const possessive = !lazy && source.take("+");
    const repeat: Node = { type: "repeat", ...limits, mode: lazy ? "lazy" : "greedy", body };
    const node: Node = possessive ? { type: "atomic", body: repeat } : repeat;
    this.#bareRepeats.add(node);
    return node;
  }
  /** Repeats that no group encloses: another repeat may not follow them. */
  readonly #bareRepeats = new WeakSet<Node>();

  #atom(char: string, flags: PatternFlags, start: number): Node {
    if (char === ".") return { type: "set", set: flags.dotAll ? anyChar : notNewline };
    if (char === "^") return { type: "assert", kind: flags.multiline ? "lineStart" : "start" };
    if (char === "$") return { type: "assert", kind: flags.multiline ? "lineEnd" : "lastLineEnd" };
    if (char === "[") {
      const { ranges, categories, negated } = parseSet(this.source, flags.ascii);
      const set = union(this.#set(normalize(ranges), flags), ...categories);
      return { type: "set", set: negated ? complement(set) : set };
    }
    if (char === "(") return this.#group(flags, start);
    if (char === "\\") return this.#escape(flags, start);
    return { type: "set", set: this.#set(singleChar(char.codePointAt(0) ?? 0), flags) };
  }

  #set(set: CharSet, flags: PatternFlags): CharSet {
    return flags.ignoreCase ? ignoringCase(set, flags.ascii) : set;
  }

  #escape(flags: PatternFlags, start: number): Node {
    const read = parseEscape(this.source, flags.ascii);
    switch (read.kind) {
      case "char":
        return { type: "set", set: this.#set(singleChar(read.codePoint), flags) };
      case "category":
        return { type: "set", set: read.set };
      case "assert":
        return { type: "assert", kind: escapedAssert(read.letter, flags.ascii) };
      case "group":
        return this.#backreference(read.index, flags, start);
    }
  }

  #backreference(index: number, flags: PatternFlags, start: number): Node {
    const { source } = this;
    if (index > this.#groups) return source.fail(`invalid group reference ${index}`, start);
    if (this.#open.has(index)) return source.fail("cannot refer to an open group", start);
    if (this.#lookbehindGroups !== undefined && index > this.#lookbehindGroups)
      return source.fail("cannot refer to group defined in the same lookbehind subpattern", start);
    return { type: "backreference", index, ignoreCase: flags.ignoreCase, ascii: flags.ascii };
  }

  #group(flags: PatternFlags, start: number): Node {
    const { source } = this;
    if (!source.take("?")) return this.#capture(undefined, flags, start);
    const kind = source.next();
    if (kind === undefined) return source.fail("unexpected end of pattern");
    if (kind === "P") return this.#named(flags, start);
    if (kind === ":") return this.#plain(this.#body(flags, start));
    if (kind === ">") return { type: "atomic", body: this.#body(flags, start) };
    if (kind === "=" || kind === "!") return this.#look({ ahead: true, negative: kind === "!" }, flags, start);
    if (kind === "<") {
      const sign = source.next();
      if (sign === undefined) return source.fail("unexpected end of pattern");
      if (sign !== "=" && sign !== "!") return source.fail(`unknown extension ?<${sign}`, start + 1);
      return this.#look({ ahead: false, negative: sign === "!" }, flags, start);
    }
    if (kind === "(") throw unsupportedError(source.text, start, "a conditional group, (?(...)...)");
    if (!/[a-zA-Z-]/.test(kind)) return source.fail(`unknown extension ?${kind}`, start + 1);
    const scoped = parseFlags(source, kind, flags);
    return this.#plain(this.#body(scoped.flags, start));
  }

  /** A group without number hides a repeat inside it from the repeat that follows. */
  #plain(body: Node): Node {
    return body.type === "sequence" ? body : { type: "sequence", items: [body] };
  }

  #body(flags: PatternFlags, start: number): Node {
    const body = this.choice(flags);
    if (!this.source.take(")")) this.source.fail("missing ), unterminated subpattern", start);
    return body;
  }

  #capture(name: string | undefined, flags: PatternFlags, start: number): Node {
    const index = ++this.#groups;
    if (name !== undefined) this.names.set(name, index);
    this.#open.add(index);
    const body = this.#body(flags, start);
    this.#open.delete(index);
    return { type: "group", index, body };
  }

  #named(flags: PatternFlags, start: number): Node {
    const { source } = this;
    const kind = source.next();
    if (kind === undefined) return source.fail("unexpected end of pattern");
    if (kind !== "<" && kind !== "=") return source.fail(`unknown extension ?P${kind}`, start + 1);
    const at = source.position;
    const name = source.until(kind === "<" ? ">" : ")", "group name");
    if (!identifier.test(name.normalize("NFKC")))
      return source.fail(`bad character in group name ${JSON.stringify(name)}`, at);
    const known = this.names.get(name);
    if (kind === "<") {
      if (known !== undefined)
        return source.fail(`redefinition of group name ${JSON.stringify(name)}; was group ${known}`, at);
      return this.#capture(name, flags, start);
    }
    if (known === undefined) return source.fail(`unknown group name ${JSON.stringify(name)}`, at);
    return this.#backreference(known, flags, start);
  }

  #look(look: { ahead: boolean; negative: boolean }, flags: PatternFlags, start: number): Node {
    const outer = this.#lookbehindGroups;
    if (!look.ahead) this.#lookbehindGroups ??= this.#groups;
    const body = this.#body(flags, start);
    this.#lookbehindGroups = outer;
    if (!look.ahead) {
      if (someNode(body, (part) => part.type === "backreference"))
        throw unsupportedError(this.source.text, start, "a back-reference inside a look-behind");
      const { min, max } = widthOf(body);
      if (min !== max) return this.source.fail("look-behind requires fixed-width pattern", start);
    }
    return { type: "look", ...look, body };
  }
}

function escapedAssert(letter: string, ascii: boolean): AssertKind {
  if (letter === "A") return "start";
  if (letter === "Z") return "end";
  if (letter === "b") return ascii ? "asciiBoundary" : "boundary";
  return ascii ? "asciiNotBoundary" : "notBoundary";
}

/** Reads a Python 3.11 regular expression. Throws ERR_PATTERN_SYNTAX, ERR_PATTERN_UNSUPPORTED, ERR_PATTERN_TOO_LARGE. */
export function parsePattern(text: string, flags: PatternFlags): ParsedPattern {
  const parser = new Parser(text);
  const root = parser.choice(flags, true);
  if (parser.source.peek() !== undefined) parser.source.fail("unbalanced parenthesis");
  return { root, groupCount: parser.groupCount, groupNames: parser.names };
}
