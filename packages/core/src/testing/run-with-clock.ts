import { FakeClock, FakePower, type RanPlan, type RunPlanOptions, runPlan } from "@basalt/testing";
import { canceledError } from "../errors.js";
import { type AnyAction, defineAction, type None } from "../plan/action.js";
import type { buildPipeline } from "../plan/build-pipeline.js";
import type { PlanNode } from "../plan/plan-node.js";
import type { ActionContext } from "../run/action-context.js";
import { PowerToken } from "../services/power.js";

/** What a step does. */
export type Run = (ctx: ActionContext) => unknown;

/** An action that does just this. */
export const step = (
  name: string,
  run: Run = () => {},
  more: Partial<Pick<AnyAction, "blameOnTimeout">> = {},
): AnyAction =>
  defineAction<None, None, None>({ name, summary: name, ...more, run: async (_input, ctx) => void (await run(ctx)) });
export const never = (): Promise<never> => new Promise(() => {});
export const forever = (ctx: ActionContext): Promise<void> => ctx.clock.sleep(1e9, ctx);

/** A device that can be switched. */
export const powered: RunPlanOptions = { device: { power: { driver: "x" }, hostname: "d" } };

/** Runs with a fake clock and power; tells how far the clock got. */
export async function run(plan: PlanNode | ReturnType<typeof buildPipeline>, options: RunPlanOptions = {}) {
  const clock = new FakeClock();
  const power = new FakePower();
  const services = [[PowerToken, power] as const, ...(options.services ?? [])];
  const ran = await clock.run(runPlan(plan, { clock, ...powered, ...options, services }));
  return { ...ran, clock, power };
}

/** Starts a run that the test drives itself. */
export function start(plan: PlanNode, options: RunPlanOptions = {}) {
  const clock = new FakeClock();
  const power = new FakePower();
  const cancel = new AbortController();
  const seen: string[] = [];
  const done = runPlan(plan, {
    clock,
    ...powered,
    services: [[PowerToken, power]],
    signal: cancel.signal,
    onEvent: (event) => {
      if (event.type === "action-started") seen.push(event.name);
    },
    ...options,
  });
  return {
    clock,
    power,
    seen,
    done,
    cancel: () => cancel.abort(canceledError("ERR_CANCELED", "The job was canceled")),
  };
}

/** The log, in words. */
export const messages = ({ log }: RanPlan): string[] => log.map(({ message }) => message);
