import type { Context } from "koa";
import type { Asker } from "../services/types.js";

/** What requests carry, for whoever mounts something: `ctx.state`. */
export interface HttpState {
  /** Also in the answer's X-Request-Id and in the log. */
  readonly requestId: string;
  /** Who asks, by session cookie or token. */
  readonly asker: Asker;
  /** By a cookie, which browsers send along by themselves: check {@link isSameOrigin} before something changes. */
  readonly byCookie: boolean;
  /** The path of the route that answers, for metrics. */
  route?: string;
}

export const stateOf = (ctx: Pick<Context, "state">): HttpState => ctx.state as HttpState;
