import type { Readable } from "node:stream";
import type { Context } from "koa";
import type { Services } from "../services/types.js";
import { forbidden, refusal } from "../submit/refusals.js";
import { checkBody } from "./check-body.js";
import type { Answer, ApiRequest, Route } from "./route.js";
import { isSameOrigin } from "./same-origin.js";
import { stateOf } from "./state.js";

/** Puts an answer where koa sends it from. */
export function send(ctx: Context, { status, body, type, headers = {} }: Answer): void {
  ctx.status = status;
  ctx.set(headers as Record<string, string>);
  if (body === undefined) return;
  if (type === undefined) {
    ctx.type = "application/json";
    ctx.body = JSON.stringify(body);
  } else {
    ctx.set(
      "Content-Type",
      type.startsWith("text/") || type.startsWith("application/") ? `${type}; charset=utf-8` : type,
    );
    // what jobs wrote must never be run as a page of this server
    ctx.set("X-Content-Type-Options", "nosniff");
    ctx.body = body as string | Buffer | Readable;
  }
}

const textOf = (body: unknown): string =>
  typeof body === "string" ? body : body === undefined ? "" : JSON.stringify(body);

/**
 * Whether a change by a session comes from our own pages. A link on another site sends the cookie along and no Origin, and over plain http
 * browsers don't say Sec-Fetch-Site either: a GET that changes something needs their word.
 */
const isOwn = ({ headers, host }: Context, method: Route["method"]): boolean =>
  isSameOrigin(headers, host) && (method !== "get" || headers["sec-fetch-site"] !== undefined);

/** A body of another kind would look as if nothing had been sent. */
function mustBeReadable(ctx: Context, route: Route): void {
  const type = ctx.request.type;
  const kinds =
    route.bodyType === undefined
      ? ["json", "urlencoded"]
      : ["text/plain", "text/yaml", "application/yaml", "json", "urlencoded"];
  if ((route.body ?? route.bodyType) === undefined || type === "" || ctx.is(kinds) !== false) return;
  const wanted = route.bodyType ?? "application/json or application/x-www-form-urlencoded";
  throw refusal(415)("ERR_BODY_TYPE", `Content-Type is ${type.slice(0, 100)}, expected ${wanted}`);
}

/** Answers requests by a route: checks what was sent, asks the services. */
export const dispatch =
  (route: Route, services: Services) =>
  async (ctx: Context): Promise<void> => {
    const state = stateOf(ctx);
    state.route = route.path;
    const changes = route.method !== "get" || route.changes === true;
    if (changes && state.byCookie && !isOwn(ctx, route.method))
      throw forbidden("ERR_CROSS_SITE", "a session can't be used from another site's page: use a token");
    const { body } = ctx.request as { body?: unknown };
    if (changes) mustBeReadable(ctx, route);
    const request: ApiRequest = {
      services,
      asker: state.asker,
      address: ctx.ip,
      params: ctx.params as Record<string, string>,
      query: new URLSearchParams(ctx.querystring),
      body: checkBody(route, body),
      text: route.bodyType ? textOf(body) : "",
      origin: `${ctx.protocol}://${ctx.host}`,
      path: ctx.path,
    };
    send(ctx, await route.handle(request));
  };
