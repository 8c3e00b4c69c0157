import { Readable } from "node:stream";
import type { Clock, DaemonLog } from "@basalt/core";
import { errorPage, type Frame, readAssets } from "@basalt/web";
import type Router from "@koa/router";
import type Koa from "koa";
import type { Context, Next } from "koa";
import { cookieOf, sessionCookie } from "../http/authenticate.js";
import { errorAnswer } from "../http/errors.js";
import { isSameOrigin } from "../http/same-origin.js";
import { stateOf } from "../http/state.js";
import type { Rights } from "../people/rights.js";
import type { Services } from "../services/types.js";
import { forbidden, notFound } from "../submit/refusals.js";
import { deviceRoutes } from "./device-pages.js";
import { homeRoutes } from "./home-pages.js";
import { jobRoutes } from "./job/job-pages.js";
import { listRoutes } from "./job/list-pages.js";
import { resultRoutes } from "./job/result-pages.js";
import { submitRoutes } from "./job/submit-pages.js";
import { labRoutes } from "./lab-pages.js";
import { noticeOf } from "./notices.js";
import type { PageAnswer, PageRoute } from "./page-request.js";
import { peopleRoutes } from "./people-pages.js";

export interface PagesOptions {
  readonly services: Services;
  /** The rights as they stand: they decide which buttons are shown; services decide what is done. */
  readonly rights: () => Promise<Rights>;
  readonly clock: Pick<Clock, "now">;
  readonly log: DaemonLog;
  /** Basalt's own, for the foot of each page. */
  readonly version: string;
  /** How long a browser keeps the session's cookie; 14 by default, as long as the session itself. */
  readonly sessionDays?: number;
}

const pages: readonly PageRoute[] = [
  ...homeRoutes,
  ...listRoutes,
  ...submitRoutes,
  ...resultRoutes,
  ...jobRoutes,
  ...deviceRoutes,
  ...labRoutes,
  ...peopleRoutes,
];

/** No script, style or picture but our own files; no frames; forms go nowhere else. */
const contentPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join("; ");

const day = 24 * 60 * 60;

/** Adds the pages to a server's HTTP side: for {@link HttpAppOptions.mount}. */
export function mountPages(app: Koa, router: Router, options: PagesOptions): void {
  const assets = new Map(readAssets().map((asset) => [asset.name, asset]));
  const byUrl = new Map([...assets.values()].map((asset) => [asset.url, asset]));
  const assetUrl = (name: string): string => assets.get(name)?.url ?? "";
  const frameOf = (ctx: Context): Frame => {
    const { asker } = stateOf(ctx);
    return {
      user: asker && { name: asker.username, isSuperuser: asker.isSuperuser },
      path: ctx.path,
      assetUrl,
      notice: noticeOf(new URLSearchParams(ctx.querystring).get("said")),
      version: options.version,
    };
  };
  app.use(withErrorPages(options, frameOf));
  router.get("/static/:name", (ctx) => {
    const asset = byUrl.get(ctx.path);
    if (!asset) return;
    stateOf(ctx).route = "/static/{name}";
    ctx.set({ "Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff" });
    ctx.type = asset.type;
    ctx.body = asset.body;
  });
  for (const page of pages) router[page.method](page.path, (ctx) => show(ctx as never, page, { options, frameOf }));
}

interface Shared {
  readonly options: PagesOptions;
  readonly frameOf: (ctx: Context) => Frame;
}

async function show(ctx: Context, page: PageRoute, { options, frameOf }: Shared): Promise<void> {
  const { services, rights, clock, sessionDays = 14 } = options;
  const state = stateOf(ctx);
  state.route = page.path.replace(/:(\w+)/g, "{$1}");
  // also before a login: nobody is to be logged in as somebody else by another site's page
  if (page.method === "post" && !isSameOrigin(ctx.headers, ctx.host))
    throw forbidden("ERR_CROSS_SITE", "this form was not sent by a page of this server: open the page and try again");
  const answer = await page.handle({
    services,
    rights,
    clock,
    asker: state.asker,
    params: ctx.params as Record<string, string>,
    query: new URLSearchParams(ctx.querystring),
    form: formOf((ctx.request as { body?: unknown }).body),
    frame: frameOf(ctx),
    address: ctx.ip,
    cookie: cookieOf(ctx.headers, sessionCookie),
  });
  secure(ctx);
  if ("redirect" in answer && answer.cookie !== undefined)
    ctx.append("Set-Cookie", cookieText(answer.cookie, { days: sessionDays, secure: ctx.secure }));
  give(ctx, answer);
}

/** Fields of a form, as the body's parser found them. */
function formOf(body: unknown): URLSearchParams {
  if (typeof body !== "object" || body === null) return new URLSearchParams();
  return new URLSearchParams(Object.entries(body).map(([name, value]) => [name, String(value)]));
}

function give(ctx: Context, answer: PageAnswer): void {
  if ("redirect" in answer) {
    ctx.status = 303;
    ctx.set("Location", answer.redirect);
    ctx.body = "";
  } else if ("html" in answer) {
    ctx.status = answer.status ?? 200;
    ctx.type = "text/html; charset=utf-8";
    ctx.body = answer.html;
  } else if ("json" in answer) {
    ctx.type = "application/json";
    ctx.body = JSON.stringify(answer.json);
  } else {
    // what a job wrote is never shown as a page
    ctx.set("Content-Type", `${answer.type}; charset=utf-8`);
    ctx.set("Content-Disposition", `attachment; filename="${answer.fileName.replace(/[^\w.-]/g, "_")}"`);
    ctx.body = typeof answer.body === "string" ? answer.body : Readable.from(answer.body);
  }
}

function secure(ctx: Context): void {
  ctx.set({
    "Content-Security-Policy": contentPolicy,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    // so that the origin of forms is still told, and addresses with names are not
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    // another site's window that opened one of ours can't reach into it
    "Cross-Origin-Opener-Policy": "same-origin",
  });
}

/** Null removes it. */
function cookieText(
  value: string | null,
  { days, secure: isSecure }: { readonly days: number; readonly secure: boolean },
): string {
  const age = value === null ? 0 : days * day;
  return `${sessionCookie}=${value ?? ""}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${age}${isSecure ? "; Secure" : ""}`;
}

const titles: Readonly<Record<number, string>> = {
  400: "That can't be done",
  401: "Log in first",
  403: "Not allowed",
  404: "Not found",
  409: "Not now",
  413: "Too large",
  429: "Too many attempts",
  503: "Try again",
};

/** People get a page where programs get JSON. */
function withErrorPages({ log }: PagesOptions, frameOf: (ctx: Context) => Frame) {
  return async (ctx: Context, next: Next): Promise<void> => {
    try {
      await next();
      if (ctx.body === undefined && ctx.status === 404)
        throw notFound("ERR_NOT_FOUND", `there is nothing at ${ctx.path.slice(0, 200)}`);
    } catch (error) {
      const isPage = !ctx.path.startsWith("/api/") && ctx.accepts("json", "html") === "html";
      if (!isPage) throw error;
      const { status, body, headers = {} } = errorAnswer(error, log, stateOf(ctx).requestId);
      secure(ctx);
      if (status === 401 && ctx.method === "GET" && !stateOf(ctx).asker) {
        give(ctx, { redirect: `/login?next=${encodeURIComponent(ctx.url)}` });
        return;
      }
      const { detail, code } = body as { readonly detail: string; readonly code?: string };
      const { "Retry-After": retry } = headers;
      if (retry !== undefined) ctx.set("Retry-After", retry);
      const title = titles[status] ?? "The server failed";
      give(ctx, { status, html: errorPage(frameOf(ctx), { status, title, message: detail, code }) });
    }
  };
}
