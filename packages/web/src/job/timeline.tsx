import type { VNode } from "preact";
import { logHref } from "../links.js";
import { Badge, duration } from "../words.js";

export type StepState = "passed" | "failed" | "running" | "planned" | "skipped";

/** One action of a pipeline. */
export interface TimelineStep {
  /** `2.3.1` */
  readonly level: string;
  readonly name: string;
  readonly state: StepState;
  /** Each time it ran, in milliseconds since the job's first line. */
  readonly runs: readonly { readonly fromMs: number; readonly toMs: number; readonly failed: boolean }[];
  readonly timeoutMs?: number | undefined;
  /** Line of the log where it began, from 1. */
  readonly line?: number | undefined;
}

export interface TimelineView {
  readonly job: string;
  /** Of the job so far, in milliseconds. */
  readonly totalMs: number;
  readonly steps: readonly TimelineStep[];
}

/** Width of a bar's drawing; it is stretched to the column. */
const wide = 1_000;
/** As narrow as a bar may be to be seen. */
const narrowest = 3;

const depth = (level: string): number => level.split(".").length;
const used = (step: TimelineStep): number => step.runs.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
/** Milliseconds of its longest try. */
export const longestRun = (step: TimelineStep): number =>
  Math.max(0, ...step.runs.map(({ fromMs, toMs }) => toMs - fromMs));
/** LAVA highlights actions that used 85 % of their time or more (spec 8.1). */
const isNearTimeout = (step: TimelineStep): boolean =>
  step.timeoutMs !== undefined && step.timeoutMs > 0 && longestRun(step) >= 0.85 * step.timeoutMs;

/** The first step that failed by itself: those that hold it failed by it. */
export function innermostFailed({ steps }: TimelineView): TimelineStep | undefined {
  const failed = steps.filter(({ state, runs }) => state === "failed" && runs.length > 0);
  const [first] = failed;
  return failed.findLast(({ level }) => first !== undefined && `${level}.`.startsWith(`${first.level}.`));
}

const signs: Readonly<Record<StepState, readonly [sign: string, word: string]>> = {
  passed: ["✓", "passed"],
  failed: ["✗", "failed"],
  running: ["▶", "running"],
  planned: ["○", "to come"],
  skipped: ["–", "not run"],
};

/** The pipeline's actions by level, with bars for when each ran. */
export function Timeline({ job, totalMs, steps }: TimelineView): VNode {
  const deeper = steps.some(({ level }) => depth(level) > 2);
  const began = steps.some(({ runs }) => runs.length > 0);
  return (
    <div class={began ? "timeline" : "timeline plan"}>
      {deeper && (
        <label class="check deeper">
          <input type="checkbox" id="all-steps" /> All steps
        </label>
      )}
      <div class="scroll-x">
        <table>
          <thead>
            <tr>
              <th scope="col">Step</th>
              <th scope="col" class="when">
                {began ? (
                  <span class="axis">
                    <span>0</span>
                    <span>{duration(totalMs)}</span>
                  </span>
                ) : (
                  "When"
                )}
              </th>
              <th scope="col" class="num took">
                Took
              </th>
              <th scope="col" class="num limit">
                Timeout
              </th>
            </tr>
          </thead>
          <tbody>
            {steps.map((step) => (
              <Row step={step} totalMs={totalMs} job={job} key={`${step.level} ${step.name}`} />
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

function Row({
  step,
  totalMs,
  job,
}: {
  readonly step: TimelineStep;
  readonly totalMs: number;
  readonly job: string;
}): VNode {
  const { level, name, state, runs, timeoutMs, line } = step;
  const [sign, word] = signs[state];
  const deep = depth(level);
  const near = isNearTimeout(step);
  const shown = deep <= 2 || state === "failed" || state === "running" || near;
  return (
    <tr class={`s-${state}${shown ? "" : " deep"}${near ? " near" : ""}`}>
      <th scope="row" class={`d${Math.min(deep, 6)}`}>
        <span class="sign" title={word}>
          <span aria-hidden="true">{sign}</span>
          <span class="sr">{word}: </span>
        </span>
        <span class="level">{level}</span>{" "}
        {line === undefined ? (
          name
        ) : (
          <a href={logHref(job, { line })} data-line={line}>
            {name}
          </a>
        )}
        {runs.length > 1 && <span class="quiet"> ×{runs.length}</span>}
        {near && (
          <strong class="flag">
            {" "}
            {longestRun(step) >= (timeoutMs ?? 0) ? "timeout used up" : "timeout nearly used up"}
          </strong>
        )}
      </th>
      <td class="when">{runs.length > 0 && <Bars step={step} totalMs={totalMs} />}</td>
      <td class="num took">{runs.length > 0 ? duration(used(step)) : ""}</td>
      <td class="num limit">{timeoutMs === undefined ? "" : duration(timeoutMs)}</td>
    </tr>
  );
}

function Bars({ step, totalMs }: { readonly step: TimelineStep; readonly totalMs: number }): VNode {
  const scale = wide / Math.max(1, totalMs);
  const last = step.runs.length - 1;
  const spoken = step.runs.map(({ fromMs, toMs }) => `from ${duration(fromMs)} to ${duration(toMs)}`).join(", ");
  return (
    <svg class="bar" viewBox={`0 0 ${wide} 10`} preserveAspectRatio="none" role="img" aria-label={spoken}>
      {step.runs.map(({ fromMs, toMs, failed }, index) => {
        const width = Math.max(narrowest, (toMs - fromMs) * scale);
        const look = failed ? "failed" : index === last ? step.state : "passed";
        return (
          <rect
            x={Math.min(fromMs * scale, wide - narrowest).toFixed(1)}
            width={Math.min(width, wide).toFixed(1)}
            y="0"
            height="10"
            class={look}
            key={fromMs}
          />
        );
      })}
    </svg>
  );
}

/** Shares of the whole of the top actions: what took the time. */
export function Shares({ steps, totalMs }: TimelineView): VNode | null {
  const tops = steps.filter(({ level, runs }) => depth(level) === 1 && runs.length > 0);
  if (tops.length < 2) return null;
  return (
    <p class="shares">
      {tops.map((step) => (
        <span key={step.level}>
          {step.name} <b>{Math.round((100 * used(step)) / Math.max(1, totalMs))} %</b>
          {step.state === "failed" && (
            <>
              {" "}
              <Badge word="fail" />
            </>
          )}
        </span>
      ))}
    </p>
  );
}
