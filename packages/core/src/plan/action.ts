import type { JsonObject } from "../json.js";
import type { ActionContext } from "../run/action-context.js";
import type { Slots, Values } from "../slot.js";
import type { Services, Tokens } from "../token.js";

/** Who is blamed when an action runs out of time; LAVA's default is `job`. */
export type TimeoutBlame = "job" | "infrastructure" | "test";

/** What an action hands on: nothing, or a value for each slot it declared in `writes`. */
// biome-ignore lint/suspicious/noConfusingVoidType: an action that writes nothing may return nothing
export type Output<W extends Slots> = keyof W extends never ? void : Values<W>;

/** One step of a plan. A frozen value: what it needs and gives is declared, so a plan can be checked before power is switched. */
export interface Action<R extends Slots = Slots, N extends Tokens = Tokens, W extends Slots = Slots> {
  readonly kind: "action";
  /** LAVA's name of the step: users' `timeouts.actions` and result names depend on it. */
  readonly name: string;
  /** What it does, in one line, for people. */
  readonly summary: string;
  /** Values that an earlier action of the same namespace wrote. */
  readonly reads: R;
  /** Services of this worker or device. */
  readonly needs: N;
  /** Values for later actions. */
  readonly writes: W;
  /** Time limit in milliseconds where neither job, device nor block names one; 30 s if absent. */
  readonly defaultTimeoutMs?: number;
  /** Who is blamed for a timeout; `job` if absent. */
  readonly blameOnTimeout?: TimeoutBlame;
  /** The address a download action fetches, shown in the plan. */
  readonly url?: string;
  /** Parameters it is planned with in place of the block's; set by `withParameters`. */
  readonly parameters?: JsonObject;
  /** Checks before anything is switched on: is the tool there, does the address answer? Throws what is wrong. */
  validate?(services: Services<N>, ctx: ActionContext): Promise<void>;
  /** Does the work. Must stop when `ctx.signal` aborts. */
  run(input: Values<R> & Services<N>, ctx: ActionContext): Promise<Output<W>>;
}

// biome-ignore lint/suspicious/noExplicitAny: actions are invariant in their slots, so only `any` admits all of them
export type AnyAction = Action<any, any, any>;

type ActionSpec<R extends Slots, N extends Tokens, W extends Slots> = Omit<
  Action<R, N, W>,
  "kind" | "reads" | "needs" | "writes"
> & { readonly reads?: R; readonly needs?: N; readonly writes?: W };

/** The empty record: an action that declares no reads, needs or writes. */
export type None = Record<never, never>;

/** Makes an action. The compiler refuses a wrong, missing or undeclared value. */
export function defineAction<R extends Slots = None, N extends Tokens = None, W extends Slots = None>(
  spec: ActionSpec<R, N, W>,
): Action<R, N, W> {
  return Object.freeze({ reads: {} as R, needs: {} as N, writes: {} as W, ...spec, kind: "action" as const });
}
