import type { AssertKind, Node, RepeatNode } from "./ast.js";
import { widthOf } from "./ast.js";
import { anyChar, type CharSet } from "./char-set.js";
import { tooLargeError } from "./pattern-error.js";

/** One step of a compiled pattern. Unless it says otherwise a step is followed by the one behind it. */
export type Step =
  | { readonly op: "char"; readonly set: CharSet }
  /** Tries `first`, then `second`. `registers` are the nullable loops around it: see {@link Step} `loopStart`. */
  | { readonly op: "split"; first: number; second: number; readonly id: number; readonly registers: readonly number[] }
  | { readonly op: "jump"; to: number }
  | { readonly op: "save"; readonly slot: number }
  | { readonly op: "assert"; readonly kind: AssertKind }
  /** Python leaves a loop after a round that matched nothing: the register holds where the round began. */
  | { readonly op: "loopStart"; readonly register: number }
  | { readonly op: "loopCheck"; readonly register: number; exit: number }
  /** Runs the steps behind it up to `subEnd` on their own, then goes on at `next`. */
  | { readonly op: "look"; readonly ahead: boolean; readonly negative: boolean; readonly width: number; next: number }
  | { readonly op: "atomic"; next: number }
  | { readonly op: "subEnd" }
  | { readonly op: "backreference"; readonly index: number; readonly ignoreCase: boolean; readonly ascii: boolean }
  | { readonly op: "match" };

export interface Program {
  readonly steps: readonly Step[];
  /** Loop registers, behind the two slots of every group. */
  readonly registerCount: number;
  readonly splitCount: number;
}

/**
 * `exact`: everything, for the matcher that fills groups. `shape`: only what a finite automaton can follow;
 * look-around is dropped and a back-reference may be anything, so it matches at least where the pattern does.
 */
export type Variant = "exact" | "shape";

/**
 * Work bound: one search costs at most steps x window, so 1,500 steps over a window of 12,276 are 18 million
 * steps, about 0.2 s; a DFA state holds at most as many entries.
 */
const mostSteps = 1500;
/** A loop that can match nothing doubles the matcher's memory for everything inside it. */
const deepestNullableLoops = 5;

class Compiler {
  readonly steps: Step[] = [];
  readonly #loops: number[] = [];
  #registers = 0;
  #splits = 0;

  constructor(
    readonly source: string,
    readonly variant: Variant,
  ) {}

  get counts(): { readonly registerCount: number; readonly splitCount: number } {
    return { registerCount: this.#registers, splitCount: this.#splits };
  }

  add<S extends Step>(step: S): S {
    if (this.steps.length >= mostSteps)
      throw tooLargeError(this.source, `its repeats and branches make more than ${mostSteps} steps when written out`);
    this.steps.push(step);
    return step;
  }

  #split(): Extract<Step, { op: "split" }> {
    return this.add({ op: "split", first: -1, second: -1, id: this.#splits++, registers: [...this.#loops] });
  }

  node(node: Node): void {
    switch (node.type) {
      case "set":
        this.add({ op: "char", set: node.set });
        return;
      case "sequence":
        for (const item of node.items) this.node(item);
        return;
      case "choice":
        this.#choice(node.items);
        return;
      case "group":
        if (this.variant === "exact") this.add({ op: "save", slot: node.index * 2 });
        this.node(node.body);
        if (this.variant === "exact") this.add({ op: "save", slot: node.index * 2 + 1 });
        return;
      case "repeat":
        this.#repeat(node);
        return;
      case "assert":
        this.add({ op: "assert", kind: node.kind });
        return;
      default:
        if (this.variant === "exact") this.#irregular(node);
        else this.#shape(node);
    }
  }

  #irregular(node: Extract<Node, { type: "look" | "atomic" | "backreference" }>): void {
    if (node.type === "backreference") {
      this.add({ op: "backreference", index: node.index, ignoreCase: node.ignoreCase, ascii: node.ascii });
      return;
    }
    const step =
      node.type === "look"
        ? this.add({
            op: "look" as const,
            ahead: node.ahead,
            negative: node.negative,
            width: node.ahead ? 0 : widthOf(node.body).min,
            next: -1,
          })
        : this.add({ op: "atomic" as const, next: -1 });
    const outer = this.#loops.splice(0);
    this.node(node.body);
    this.#loops.push(...outer);
    this.add({ op: "subEnd" });
    step.next = this.steps.length;
  }

  #shape(node: Extract<Node, { type: "look" | "atomic" | "backreference" }>): void {
    if (node.type === "atomic") this.node(node.body);
    if (node.type === "backreference")
      this.node({ type: "repeat", min: 0, max: Infinity, mode: "greedy", body: { type: "set", set: anyChar } });
  }

  #choice(items: readonly Node[]): void {
    const jumps: Extract<Step, { op: "jump" }>[] = [];
    items.forEach((item, i) => {
      if (i === items.length - 1) {
        this.node(item);
        return;
      }
      const split = this.#split();
      split.first = this.steps.length;
      this.node(item);
      jumps.push(this.add({ op: "jump", to: -1 }));
      split.second = this.steps.length;
    });
    for (const jump of jumps) jump.to = this.steps.length;
  }

  #repeat(node: RepeatNode): void {
    for (let i = 0; i < node.min; i++) {
      const before = this.steps.length;
      this.node(node.body);
      // `(?:){4000000000}` is legal and costs nothing
      if (this.steps.length === before) return;
    }
    if (node.max === Infinity) {
      this.#optional(node, { loop: true });
      return;
    }
    const exits: (() => void)[] = [];
    for (let i = node.min; i < node.max; i++) {
      const before = this.steps.length;
      this.#optional(node, { loop: false, exits });
      if (this.steps.length === before) break;
    }
    for (const leave of exits) leave();
  }

  /** One more round, or none: `L: split(round, out); round; [jump L]; out:` (lazy: the other way round). */
  #optional(node: RepeatNode, how: { readonly loop: boolean; readonly exits?: (() => void)[] }): void {
    const nullable = this.variant === "exact" && widthOf(node.body).min === 0;
    const at = this.steps.length;
    const split = this.#split();
    const round = this.steps.length;
    const register = nullable ? this.#registers++ : -1;
    if (nullable) {
      this.add({ op: "loopStart", register });
      this.#loops.push(register);
      if (this.#loops.length > deepestNullableLoops)
        throw tooLargeError(
          this.source,
          `more than ${deepestNullableLoops} repeats of what can match nothing, one in another`,
        );
    }
    this.node(node.body);
    const check = nullable ? this.add({ op: "loopCheck" as const, register, exit: -1 }) : undefined;
    if (nullable) this.#loops.pop();
    if (how.loop) this.add({ op: "jump", to: at });
    const leave = (): void => {
      const out = this.steps.length;
      split.first = node.mode === "greedy" ? round : out;
      split.second = node.mode === "greedy" ? out : round;
      if (check) check.exit = out;
    };
    if (how.exits) how.exits.push(leave);
    else leave();
  }
}

/** Writes the pattern out as steps. Throws ERR_PATTERN_TOO_LARGE. */
export function compileProgram(source: string, root: Node, variant: Variant): Program {
  const compiler = new Compiler(source, variant);
  compiler.node(root);
  compiler.add({ op: "match" });
  return { steps: compiler.steps, ...compiler.counts };
}
