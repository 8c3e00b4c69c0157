import { randomUUID } from "node:crypto";
import type { Server } from "node:http";
import { type Clock, type DaemonLog, toBasaltError } from "@basalt/core";
import { bodyParser } from "@koa/bodyparser";
import Router from "@koa/router";
import Koa, { type Context, type Next } from "koa";
import type { LogIntake } from "../results/index.js";
import type { Services } from "../services/types.js";
import { withoutQuery } from "../store/errors.js";
import type { Store } from "../store/store.js";
import { notFound, refusal } from "../submit/refusals.js";
import { authenticate, byToken } from "./authenticate.js";
import { dispatch, send } from "./dispatch.js";
import { errorAnswer } from "./errors.js";
import { checkHealth } from "./health.js";
import { type KnownHostsOptions, makeKnownHosts } from "./known-hosts.js";
import type { LiveOptions } from "./live/live-options.js";
import { type LiveSockets, makeLiveSockets } from "./live/live-sockets.js";
import { type Metrics, makeMetrics } from "./metrics.js";
import { openApiDocument } from "./openapi.js";
import { routes } from "./routes/index.js";
import { type HttpState, stateOf } from "./state.js";

export interface HttpAppOptions extends KnownHostsOptions, Pick<LiveOptions, "livePingMs" | "liveLimits"> {
  readonly services: Services;
  readonly store: Store;
  /** So that viewers of a log on this server see lines at once; without it, when the database tells. */
  readonly intake?: Pick<LogIntake, "onGrown">;
  readonly clock: Clock;
  readonly log: DaemonLog;
  /** Basalt's own. */
  readonly version: string;
  /** One of {@link makeMetrics}, where something else counts into it, too. */
  readonly metrics?: Metrics;
  readonly health?: { readonly folder?: string; readonly link?: () => string | undefined };
  /** Adds pages. They come after authentication (`ctx.state`, see {@link HttpState}) and before the answer "not found". */
  mount?(app: Koa, router: Router): void;
}

/** The HTTP side of a server: REST, events, metrics, and the pages that were mounted. */
export interface HttpApp extends AsyncDisposable {
  readonly app: Koa;
  readonly metrics: Metrics;
  /** Answers the requests and upgrades of a server that listens. */
  attach(server: Server): void;
}

const bodyLimit = "5mb";

export async function makeHttpApp(options: HttpAppOptions): Promise<HttpApp> {
  const { services, store, clock } = options;
  const metrics = options.metrics ?? makeMetrics({ store, clock });
  const app = new Koa({
    proxy: options.trustProxy ?? false,
    // the proxy's own word: what stands before it in X-Forwarded-For was sent by the client
    maxIpsCount: 1,
  });
  // koa would print them; errors are logged where they are answered, and those of answers that had begun here
  app.silent = true;
  app.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "ERR_STREAM_PREMATURE_CLOSE")
      options.log.warning(`an answer broke off: ${withoutQuery(toBasaltError(error).message)}`);
  });
  const router = new Router();
  app.use(watched(options, metrics));
  app.use(authenticated(options));
  app.use(asked(options));
  app.use(async (ctx: Context, next: Next) => {
    await next();
    if (ctx.body === undefined && ctx.status === 404)
      throw notFound("ERR_NOT_FOUND", `there is nothing at ${ctx.path.slice(0, 200)}`);
    if (ctx.body === undefined && ctx.status === 405)
      throw refusal(405)("ERR_METHOD", `${ctx.method} is not for ${ctx.path.slice(0, 200)}`);
  });
  app.use(
    bodyParser({
      enableTypes: ["json", "form", "text"],
      extendTypes: { text: ["text/plain", "application/yaml", "text/yaml"] },
      jsonLimit: bodyLimit,
      formLimit: bodyLimit,
      textLimit: bodyLimit,
    }),
  );
  addSystemRoutes(router, options, metrics);
  for (const route of routes) {
    const path = route.path.replace(/\{(\w+)\}/g, ":$1").replace(/\/$/, "{/}");
    router[route.method](path, dispatch(route, services) as never);
  }
  options.mount?.(app, router);
  app.use(router.routes());
  app.use(router.allowedMethods());
  const live: LiveSockets = await makeLiveSockets(options);
  const answer = app.callback();
  return {
    app,
    metrics,
    attach(server) {
      server.on("request", (request, response) => void answer(request, response));
      server.on("upgrade", (request, socket, head) => live.upgrade(request, socket, head));
    },
    [Symbol.asyncDispose]: () => live[Symbol.asyncDispose](),
  };
}

const requestIdForm = /^[\w-]{8,64}$/;

/** Of every answer; pages set their own instead. What a browser is shown here is data: it runs nothing, is framed by nobody, kept nowhere. */
const apiHeaders: Readonly<Record<string, string>> = {
  "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "same-origin",
  "Cache-Control": "no-store",
};

/** Ids, times, errors and the access log: reads at debug, writes at info. Without queries and headers: they can hold secrets. */
function watched({ store, clock, log, trustProxy }: HttpAppOptions, metrics: Metrics) {
  return async (ctx: Context, next: Next): Promise<void> => {
    const started = clock.monotonic();
    const given = ctx.get("X-Request-Id");
    const requestId = trustProxy === true && requestIdForm.test(given) ? given : randomUUID();
    ctx.state = { requestId, asker: undefined, byCookie: false } satisfies HttpState;
    ctx.set({ "X-Request-Id": requestId, ...apiHeaders });
    try {
      // whoever asks has a patience of their own, a scraper of a few seconds
      await store.briefly(next);
    } catch (error) {
      send(ctx, errorAnswer(error, log, requestId));
    }
    const ms = clock.monotonic() - started;
    const { asker, route = "other" } = stateOf(ctx);
    metrics.observeRequest({ method: ctx.method, route, status: ctx.status }, ms / 1000);
    const isRead = ctx.method === "GET" || ctx.method === "HEAD";
    log[isRead ? "debug" : "info"](`${ctx.method} ${ctx.path} ${ctx.status}`, {
      request: requestId,
      user: asker?.username ?? null,
      address: ctx.ip,
      ms: Math.round(ms * 10) / 10,
    });
  };
}

function authenticated({ services }: HttpAppOptions) {
  return async (ctx: Context, next: Next): Promise<void> => {
    ctx.state = { ...ctx.state, ...(await authenticate(services.people, ctx.headers)) };
    return next();
  };
}

/** What monitors ask by whatever name: it says no more than how many and how well. */
const forMonitors = /^\/(?:healthz|v1\/healthz|metrics|v1\/prometheus)\/?$/;

/** By a name that this server goes by. */
function asked(options: HttpAppOptions) {
  const wrongHost = makeKnownHosts(options);
  return async (ctx: Context, next: Next): Promise<void> => {
    const wrong = byToken(stateOf(ctx)) || forMonitors.test(ctx.path) ? undefined : wrongHost(ctx.headers);
    if (wrong) throw wrong;
    return next();
  };
}

function addSystemRoutes(router: Router, options: HttpAppOptions, metrics: Metrics): void {
  const { version, store, clock, health = {} } = options;
  const document = JSON.stringify(openApiDocument(version));
  router.get("/api/v0.2/openapi.json", (ctx) => {
    ctx.type = "application/json";
    ctx.body = document;
  });
  router.get(["/api/v0.2{/}", "/api{/}"], (ctx) => {
    ctx.body = {
      openapi: `${ctx.protocol}://${ctx.host}/api/v0.2/openapi.json`,
      jobs: `${ctx.protocol}://${ctx.host}/api/v0.2/jobs/`,
    };
  });
  router.get(["/healthz{/}", "/v1/healthz{/}"], async (ctx) => {
    const { good, checks } = await checkHealth({ store, clock, ...health });
    ctx.status = good ? 200 : 500;
    ctx.body = { health: good ? "good" : "bad", ...checks };
  });
  router.get(["/metrics", "/v1/prometheus{/}"], async (ctx) => {
    ctx.type = metrics.registry.contentType;
    ctx.body = await metrics.text();
  });
}
