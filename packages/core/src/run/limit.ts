import type { Clock } from "../clock.js";
import { type BasaltError, BasaltError as BasaltErrorClass } from "../errors.js";
import { formatDuration } from "../job/timeout.js";
import type { PlannedNode } from "../plan/number-plan.js";

/** A point in time by which something must be done, and whose limit it is. */
export interface Limit {
  /** On the clock's monotonic scale, in milliseconds. */
  readonly endsAt: number;
  /** What ran out of time when it passes: `the job`, or an action. */
  readonly of: string;
  /** When it was set, on the same scale. */
  readonly startedAt: number;
  /** How long it was meant to be. */
  readonly ms: number;
}

/** A node's limit: its own, or what is left of the one around it (lava-dispatcher.md 3.4, "Timeout nesting"). */
export function limitFor(node: PlannedNode, outer: Limit, clock: Clock): Limit {
  const startedAt = clock.monotonic();
  const endsAt = startedAt + node.timeoutMs;
  if (endsAt <= outer.endsAt) return { endsAt, of: node.name, startedAt, ms: node.timeoutMs };
  return { ...outer, startedAt };
}

/** What is left of a limit as log lines show it: whole seconds, rounded as LAVA arms its alarm, so that `10 s` is not `9.9997`. */
export const shownLeft = (limit: Limit, now: number): string =>
  formatDuration(Math.round((limit.endsAt - now) / 1000) * 1000);

const seconds = (ms: number): string => String(Math.round(ms / 1000));

/**
 * The error of a node that ran out of time: blamed as its action says. A test whose block says `skip` stays a plain timeout,
 * which the job survives.
 */
export function outOfTime(node: PlannedNode, limit: Limit, clock: Clock, cause?: unknown): BasaltError {
  const blame = (node.action ?? node.tail)?.blameOnTimeout ?? "job";
  const kind = blame === "test" && node.skipOnTimeout ? "timeout" : blame;
  const ran = seconds(clock.monotonic() - limit.startedAt);
  const whose =
    limit.of === node.name ? "" : `, because ${limit.of} may take no more than ${seconds(limit.ms)} seconds`;
  return new BasaltErrorClass(kind, "ERR_ACTION_TIMEOUT", `${node.name} timed out after ${ran} seconds${whose}`, {
    ...(cause === undefined ? {} : { cause }),
    details: { action: node.name, level: node.level, timeoutMs: node.timeoutMs, limitOf: limit.of },
  });
}
