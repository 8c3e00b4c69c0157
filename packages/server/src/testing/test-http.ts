import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { systemClock } from "@basalt/core";
import { type HttpApp, type HttpAppOptions, makeHttpApp } from "../http/index.js";
import type { Asker } from "../services/types.js";
import { type TestServices, testServices } from "./test-services.js";

/** An answer, read whole. */
export interface Read {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // tests look into whatever came
  // biome-ignore lint/suspicious/noExplicitAny: a test asserts the shape
  readonly json: any;
}

export interface TestHttp extends AsyncDisposable {
  readonly lab: TestServices;
  readonly app: HttpApp;
  readonly url: string;
  /** Asks as somebody, by a token of theirs. A body that is no text is sent as JSON. */
  ask(
    asker: Asker,
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Read>;
  tokenOf(asker: Asker): Promise<string>;
}

type HttpOptions = Partial<HttpAppOptions>;

/** A server of HTTP on a free port, with services of its own. `http` may be made of them: pages, for instance. */
export async function testHttp(
  options: Parameters<typeof testServices>[0] & {
    readonly http?: HttpOptions | ((lab: TestServices) => HttpOptions);
  } = {},
): Promise<TestHttp> {
  const lab = await testServices(options);
  const { http } = options;
  const { services, store, intake, log } = lab;
  const app = await makeHttpApp({
    services,
    store,
    intake,
    log,
    clock: systemClock,
    version: "0.1.0",
    ...(typeof http === "function" ? http(lab) : http),
  });
  const server = createServer();
  app.attach(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const tokens = new Map<string, string>();

  async function tokenOf(asker: Asker): Promise<string> {
    const known = tokens.get(asker?.username ?? "");
    if (known !== undefined) return known;
    const { token } = await services.people.addToken(asker, { description: "test" });
    tokens.set(asker?.username ?? "", token);
    return token;
  }

  return {
    lab,
    app,
    url,
    tokenOf,
    async ask(asker, method, path, body, headers = {}) {
      const isText = typeof body === "string";
      const answer = await fetch(`${url}${path}`, {
        method,
        redirect: "manual",
        headers: {
          ...(asker ? { Authorization: `Token ${await tokenOf(asker)}` } : {}),
          ...(body === undefined ? {} : { "Content-Type": isText ? "text/plain" : "application/json" }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: isText ? body : JSON.stringify(body) }),
      });
      const text = await answer.text();
      const isJson = answer.headers.get("content-type")?.includes("json") ?? false;
      return { status: answer.status, headers: answer.headers, text, json: isJson ? JSON.parse(text) : undefined };
    },
    async [Symbol.asyncDispose]() {
      await app[Symbol.asyncDispose]();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await lab[Symbol.asyncDispose]();
    },
  };
}
