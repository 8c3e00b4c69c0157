import { formatDuration, type Pipeline, type PlannedNode, pipelineRoots } from "@basalt/core";
import type { Paint } from "./paint.js";
import { type Cell, formatTable } from "./table.js";

interface Row {
  readonly node: PlannedNode;
  /** What the tree draws before it. */
  readonly lead: string;
}

function rowsOf(nodes: readonly PlannedNode[], { signs }: Paint, trunk: string, isRoot: boolean): readonly Row[] {
  return nodes.flatMap((node, i) => {
    const last = i === nodes.length - 1;
    const lead = isRoot ? "" : trunk + (last ? signs.lastBranch : signs.branch);
    const below = isRoot ? "" : trunk + (last ? "   " : signs.trunk);
    return [{ node, lead }, ...rowsOf(node.children, { signs } as Paint, below, false)];
  });
}

function triesOf({ kind, maxRetries, repeats }: PlannedNode): string {
  if (kind !== "retry" || maxRetries === 1) return "";
  return repeats ? `runs ${maxRetries} times` : `up to ${maxRetries} tries`;
}

/** The plan as a tree of lines: level and name, time limit, tries, address. */
export async function planTree(pipeline: Pipeline, paint: Paint): Promise<readonly string[]> {
  const rows = rowsOf(pipelineRoots(pipeline), paint, "", true).map(({ node, lead }): readonly Cell[] => {
    const label = `${node.level} ${node.name}`;
    const isRoot = lead === "";
    return [
      {
        text: `${lead}${label}`,
        paint: () => `${paint.dim(lead)}${paint.dim(node.level)} ${isRoot ? paint.bold(node.name) : node.name}`,
      },
      formatDuration(node.timeoutMs),
      { text: triesOf(node), paint: paint.yellow },
      { text: paint.plain(node.action?.url ?? ""), paint: paint.blue },
    ];
  });
  const { job, device } = pipeline;
  const title = `${paint.plain(job.name)} on ${paint.plain(device.hostname || device.type || "a device without a name")}`;
  const limit = `job timeout ${formatDuration(job.timeouts.jobMs)}`;
  return [
    `${paint.bold(title)}, ${limit}`,
    "",
    ...(await formatTable(["action", "timeout", "tries", "url"], rows, paint)),
  ];
}
