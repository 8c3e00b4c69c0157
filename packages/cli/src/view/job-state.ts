import type { JournalEvent, PlannedNode } from "@basalt/core";

/** A node of the plan while the job runs. Times are on the journal's scale, in milliseconds. */
export interface NodeState {
  readonly node: PlannedNode;
  readonly depth: number;
  readonly children: readonly NodeState[];
  state: "waiting" | "running" | "pass" | "fail" | "skipped";
  startedAt: number;
  /** When its time is up, or that of a node around it. */
  endsAt: number;
  /** How long it took, once it ended. */
  ms: number;
  /** How often it was started; more than once inside a retry. */
  runs: number;
  progress?: Progress;
}

export interface Progress {
  readonly what: string;
  readonly done: number;
  readonly total?: number | undefined;
  readonly unit: "bytes" | "steps";
  readonly perSecond?: number | undefined;
  readonly startedAt: number;
}

/** The plan as it is being carried out, told by the journal's events. */
export class JobState {
  readonly roots: readonly NodeState[];
  readonly #byLevel = new Map<string, NodeState>();

  constructor(roots: readonly PlannedNode[]) {
    this.roots = roots.map((root) => this.#add(root, 0));
  }

  #add(node: PlannedNode, depth: number): NodeState {
    const children = node.children.map((child) => this.#add(child, depth + 1));
    const state: NodeState = { node, depth, children, state: "waiting", startedAt: 0, endsAt: 0, ms: 0, runs: 0 };
    this.#byLevel.set(node.level, state);
    return state;
  }

  apply(event: JournalEvent): void {
    if (event.type !== "action-started" && event.type !== "action-ended" && event.type !== "progress") return;
    const node = this.#byLevel.get(event.level);
    if (!node) return;
    if (event.type === "action-started") {
      for (const child of node.children) reset(child);
      const outer = this.#byLevel.get(event.level.replace(/\.\d+$/, ""));
      const endsAt = event.at + node.node.timeoutMs;
      const limit = outer === undefined || outer === node ? endsAt : Math.min(endsAt, outer.endsAt);
      Object.assign(node, { state: "running", startedAt: event.at, endsAt: limit, runs: node.runs + 1 });
      delete node.progress;
    } else if (event.type === "action-ended") {
      Object.assign(node, { state: event.outcome, ms: event.ms });
      delete node.progress;
    } else {
      node.progress = nextProgress(node.progress, event);
    }
  }

  /** Level of the failed node of this name; undefined where none failed. */
  failedLevel(name: string): string | undefined {
    const failed = [...this.#byLevel.values()].find(({ state, node }) => state === "fail" && node.name === name);
    return failed?.node.level;
  }

  /** The nodes that run, outermost first. */
  running(): readonly NodeState[] {
    const found: NodeState[] = [];
    const visit = (nodes: readonly NodeState[]): void => {
      for (const node of nodes) {
        if (node.state !== "running") continue;
        found.push(node);
        visit(node.children);
      }
    };
    visit(this.roots);
    return found;
  }
}

function reset(node: NodeState): void {
  Object.assign(node, { state: "waiting", runs: 0 });
  delete node.progress;
  node.children.forEach(reset);
}

/** The run a retry is at: as often as its first child was started. */
export const attemptOf = ({ children, runs }: NodeState): number => Math.max(1, children[0]?.runs ?? runs);

function nextProgress(last: Progress | undefined, event: Extract<JournalEvent, { type: "progress" }>): Progress {
  const { what, done, total, unit, at } = event;
  const startedAt = last?.what === what && last.done <= done ? last.startedAt : at;
  const seconds = (at - startedAt) / 1000;
  return { what, done, total, unit, startedAt, perSecond: seconds >= 0.5 ? done / seconds : undefined };
}
