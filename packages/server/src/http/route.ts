import type { JsonObject } from "@basalt/core";
import type { Asker, Services } from "../services/types.js";

export type Method = "get" | "post" | "put" | "patch" | "delete";

/** A JSON schema (2020-12, as OpenAPI 3.1 has it). */
export type Schema = JsonObject;

/** What a route is asked with: who asks, and what of it was checked against the route's schemas. */
export interface ApiRequest {
  readonly services: Services;
  readonly asker: Asker;
  readonly address: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: JsonObject;
  /** Of a text body. */
  readonly text: string;
  /** `http://host:port`, as the client sees it. */
  readonly origin: string;
  /** Without the query. */
  readonly path: string;
}

export interface Answer {
  readonly status: number;
  /** A value for JSON, or a text or bytes of `type`. */
  readonly body?: unknown;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface DescribedAnswer {
  readonly description: string;
  readonly schema?: Schema;
  /** `application/json` where it has a schema. */
  readonly type?: string | readonly string[];
}

/** One operation: the router and the OpenAPI document are both made from it, so that they can't disagree. */
export interface Route {
  readonly method: Method;
  /** With `{name}` for parameters, and LAVA's slash at the end; without it the same. */
  readonly path: string;
  /** Its name in the document, unique. */
  readonly id: string;
  readonly tag: string;
  readonly summary: string;
  readonly query?: Readonly<Record<string, Schema>>;
  /** Fields that its list can be filtered by, for the document. */
  readonly filters?: readonly string[];
  readonly body?: Schema;
  /** Of the body; JSON (and forms) if absent. */
  readonly bodyType?: "text/plain";
  readonly answers: Readonly<Record<number, DescribedAnswer>>;
  /** It changes something though it is a GET: cookies are checked as for a POST. */
  readonly changes?: true;
  handle(request: ApiRequest): Promise<Answer>;
}

export const defineRoute = (route: Route): Route => Object.freeze(route);
