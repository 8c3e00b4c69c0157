import { humanProgress, humanTime } from "./format.js";
import { attemptOf, type JobState, type NodeState } from "./job-state.js";
import type { Paint } from "./paint.js";

export interface TreeLinesOptions {
  readonly paint: Paint;
  /** Lines there is room for. */
  readonly rows: number;
  /** Now, on the journal's scale. */
  readonly now: number;
  /** Number of the frame, for the running sign. */
  readonly frame: number;
}

/** What is shown when there is not room for all: the less, the sooner it is left out. */
function worth(node: NodeState, parents: ReadonlyMap<NodeState, NodeState>): number {
  if (node.state === "running") return 5;
  if (node.depth === 0) return node.state === "waiting" ? 3 : 2;
  if (node.state === "fail") return 4;
  return parents.get(node)?.children.find((child) => child.state === "running") ? 1 : 2;
}

/** Blocks, and below those that run (or failed) their parts. */
function visibleNodes(roots: readonly NodeState[], parents: Map<NodeState, NodeState>): NodeState[] {
  return roots.flatMap((node) => {
    const open = node.state === "running" || node.state === "fail";
    for (const child of node.children) parents.set(child, node);
    return [node, ...(open ? visibleNodes(node.children, parents) : [])];
  });
}

function fit(nodes: readonly NodeState[], parents: ReadonlyMap<NodeState, NodeState>, rows: number): NodeState[] {
  const kept = [...nodes];
  for (let least = 1; kept.length > rows && least <= 5; least++) {
    // finished ones go first (from the top), then those that wait longest (from the bottom)
    for (let i = 0; kept.length > rows && i < kept.length; ) {
      const node = kept[i];
      if (node && node.state !== "waiting" && worth(node, parents) <= least && node.state !== "running")
        kept.splice(i, 1);
      else i++;
    }
    for (let i = kept.length - 1; kept.length > rows && i >= 0; i--) {
      const node = kept[i];
      if (node && worth(node, parents) <= least) kept.splice(i, 1);
    }
  }
  return kept.slice(0, Math.max(1, rows));
}

function signOf(node: NodeState, { paint, frame }: TreeLinesOptions): string {
  const { signs } = paint;
  switch (node.state) {
    case "running":
      return paint.cyan(signs.running[frame % signs.running.length] ?? "*");
    case "pass":
      return paint.green(signs.pass);
    case "fail":
      return paint.red(signs.fail);
    case "skipped":
      return paint.yellow(signs.skip);
    default:
      return paint.dim(signs.waiting);
  }
}

function line(node: NodeState, options: TreeLinesOptions): string {
  const { paint, now } = options;
  const { level, name, kind, maxRetries } = node.node;
  const indent = "  ".repeat(node.depth);
  const label = `${level} ${name}`;
  const parts = [`${indent}${signOf(node, options)} ${node.state === "waiting" ? paint.dim(label) : label}`];
  if (node.state === "running") {
    const ranMs = now - node.startedAt;
    parts.push(paint.cyan(humanTime(ranMs)), paint.dim(`${humanTime(node.endsAt - now)} left`));
    if (kind === "retry" && maxRetries > 1) parts.push(paint.yellow(`try ${attemptOf(node)} of ${maxRetries}`));
    if (node.progress) parts.push(`${node.progress.what} ${humanProgress(node.progress)}`);
  } else if (node.state !== "waiting") parts.push(paint.dim(humanTime(node.ms)));
  return parts.join("  ");
}

/** The plan's tree with states, time spent and left, in at most `rows` lines: what runs is always among them. */
export function treeLines(state: JobState, options: TreeLinesOptions): readonly string[] {
  const parents = new Map<NodeState, NodeState>();
  const all = visibleNodes(state.roots, parents);
  return fit(all, parents, options.rows).map((node) => line(node, options));
}
