import type { Clock } from "@basalt/core";
import type { Frame } from "@basalt/web";
import type { Rights } from "../people/rights.js";
import type { Asker, Services } from "../services/types.js";

/** What a page is made from: who asks for what. Knows nothing of HTTP's ways. */
export interface PageRequest {
  readonly services: Services;
  readonly rights: () => Promise<Rights>;
  readonly clock: Pick<Clock, "now">;
  readonly asker: Asker;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Fields of a form that was sent; empty for GET. */
  readonly form: URLSearchParams;
  readonly frame: Frame;
  /** Address of the client, for limits of logins. */
  readonly address: string;
  /** The session's cookie as it was sent. */
  readonly cookie: string | undefined;
}

/** What comes back. */
export type PageAnswer =
  | { readonly html: string; readonly status?: number }
  | { readonly json: unknown }
  | { readonly body: string | AsyncIterable<Buffer>; readonly type: string; readonly fileName: string }
  | { readonly redirect: string; readonly cookie?: string | null };

export interface PageRoute {
  readonly method: "get" | "post";
  /** Of koa's router: `/jobs/:id`. */
  readonly path: string;
  handle(request: PageRequest): Promise<PageAnswer>;
}

type Handler = PageRoute["handle"];
export const get = (path: string, handle: Handler): PageRoute => ({ method: "get", path, handle });
export const post = (path: string, handle: Handler): PageRoute => ({ method: "post", path, handle });

/** A whole number of the query within limits; `otherwise` where there is none that is one. */
export function numberIn(
  query: URLSearchParams,
  name: string,
  { least = 0, most = 2 ** 31 - 1, otherwise }: { least?: number; most?: number; otherwise: number },
): number {
  const text = query.get(name) ?? "";
  return /^\d{1,10}$/.test(text) ? Math.min(most, Math.max(least, Number(text))) : otherwise;
}

/** A path of ours to go to after a login; anything else would send people to other sites. */
export function localPath(path: string | null): string {
  return path !== null && /^\/(?![/\\])[^\\\p{Cc}]*$/u.test(path) ? path : "/";
}
