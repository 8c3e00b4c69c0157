import { type Clock, formatDuration } from "@basalt/core";
import type { JobState } from "../view/job-state.js";

/** What runs now, for someone who waits for it to end: `3.1 power-off, for 00:00:04 of 00:00:10`. */
export function doing(state: JobState, clock: Clock): string {
  const innermost = state.running().at(-1);
  if (!innermost) return "closing what the job had opened";
  const { node, startedAt } = innermost;
  return `${node.level} ${node.name}, for ${formatDuration(clock.now() - startedAt)} of ${formatDuration(node.timeoutMs)}`;
}
