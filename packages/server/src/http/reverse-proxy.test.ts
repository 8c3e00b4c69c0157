import { once } from "node:events";
import type { IncomingHttpHeaders } from "node:http";
import { request } from "node:https";
import { systemClock } from "@basalt/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { mountPages } from "../pages/index.js";
import { systemAdmin } from "../people/index.js";
import { makeLoginLimits } from "../people/login-limits.js";
import { makeRightsCache } from "../services/rights-cache.js";
import { type Nginx, startNginx, whyNoNginx } from "../testing/nginx.js";
import { type TestHttp, testHttp } from "../testing/test-http.js";
import { jobText } from "../testing/test-services.js";

// A real nginx over TLS, with the site of docs/howto/run-behind-a-proxy.md, before a server that trusts it and one that does not.

const missing = whyNoNginx();
const password = "a good password";

interface Behind {
  readonly http: TestHttp;
  readonly nginx: Nginx;
}

/** The pages are mounted on services that are there only later. */
async function openBehind(trustProxy: boolean): Promise<Behind> {
  const http = await testHttp({
    // a wrong password takes its time on purpose: few of them
    settings: { loginLimits: makeLoginLimits({ perAddress: 4 }) },
    http: (lab) => ({
      trustProxy,
      allowedHosts: ["lab.example.org"],
      mount: (app, router) =>
        mountPages(app, router, {
          services: lab.services,
          rights: () => makeRightsCache(lab.store, systemClock).now(),
          clock: systemClock,
          log: lab.log,
          version: "1",
        }),
    }),
  });
  await http.lab.services.people.addUser(systemAdmin, "ann", { password });
  return { http, nginx: await startNginx(http.url) };
}

interface Asked {
  readonly from?: string;
  readonly form?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Asks through nginx, from an address of this machine. */
async function ask({ nginx }: Behind, path: string, { from = "127.0.0.2", form, headers = {} }: Asked = {}) {
  const body = form === undefined ? undefined : new URLSearchParams(form).toString();
  const asked = request(`${nginx.url}${path}`, {
    method: body === undefined ? "GET" : "POST",
    ca: nginx.ca,
    // its certificate is for this name, whatever Host says
    servername: "lab.example.org",
    localAddress: from,
    agent: false,
    headers: {
      accept: "text/html",
      origin: nginx.url,
      ...(body === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" }),
      ...headers,
    },
  });
  asked.end(body);
  const [answer] = await once(asked, "response");
  const text = Buffer.concat(await answer.toArray()).toString();
  return { status: answer.statusCode as number, headers: answer.headers as IncomingHttpHeaders, text };
}

const logIn = (behind: Behind, username: string, word: string, more: Asked = {}) =>
  ask(behind, "/login", { form: { username, password: word, next: "/me" }, ...more });

/** The address that the access log has of the last request. */
const addressIn = ({ http }: Behind): unknown =>
  JSON.parse(/\{.*\}$/.exec(http.lab.logLines.findLast((line) => /^(GET|POST) /.test(line)) ?? "")?.[0] ?? "{}")
    .address;

describe.skipIf(missing !== "")(`behind nginx over TLS${missing && ` (skipped: ${missing})`}`, () => {
  let trusting: Behind;
  let wary: Behind;
  beforeAll(async () => {
    [trusting, wary] = [await openBehind(true), await openBehind(false)];
  }, 60_000);
  afterAll(async () => {
    for (const behind of [trusting, wary]) {
      await behind?.nginx[Symbol.asyncDispose]();
      await behind?.http[Symbol.asyncDispose]();
    }
  });

  test("a session's cookie is Secure, its forms are taken, and a live log comes over its WebSocket", async () => {
    const { status, headers } = await logIn(trusting, "ann", password);
    expect([status, headers.location]).toEqual([303, "/me"]);
    const [set = ""] = headers["set-cookie"] ?? [];
    expect(set).toMatch(/^basalt_session=.*; HttpOnly; SameSite=Lax.*; Secure/);
    const cookie = set.split(";")[0] ?? "";
    const form = { definition: jobText(), do: "submit" };
    const submitted = await ask(trusting, "/submit", { form, headers: { cookie } });
    const id = Number(/^\/jobs\/(\d+)/.exec(submitted.headers.location ?? "")?.[1]);
    expect([submitted.status, id]).toEqual([303, 1]);

    const { intake, life } = trusting.http.lab;
    const address = `${trusting.nginx.url.replace("https", "wss")}/api/v0.2/jobs/${id}/live`;
    const { ca, url: origin } = trusting.nginx;
    const socket = new WebSocket(address, { ca, origin, headers: { cookie } });
    const told: { readonly type: string; readonly text?: string }[] = [];
    socket.on("message", (data) => told.push(JSON.parse(String(data))));
    const closed = once(socket, "close");
    await once(socket, "message");
    const line = '- {"dt": "2026-11-22T10:00:00", "lvl": "target", "msg": "through nginx"}\n';
    await intake.append(id, 0, Buffer.from(line), 1);
    while (!told.some(({ text }) => text === line)) await once(socket, "message");
    await life.running(id);
    await intake.settle(id);
    await life.finished(id, { result: "pass" });
    await closed;
    expect(told.at(-1)).toEqual({ type: "end", lines: 1 });
  });

  test("another site's page can't use it", async () => {
    const headers = { origin: "https://evil.example" };
    expect((await logIn(trusting, "ann", password, { headers })).status).toBe(403);
  });

  test("it is asked by the names that it is allowed, as the how-to has them", async () => {
    const as = (host: string) => logIn(trusting, "ann", password, { headers: { host, origin: `https://${host}` } });
    expect((await as("lab.example.org")).status).toBe(303);
    expect((await as("evil.example")).status).toBe(421);
  });

  test("a submission of 5 MB passes, a larger one is refused", async () => {
    const big = (size: number) => ask(trusting, "/submit", { form: { definition: "x".repeat(size), do: "validate" } });
    expect((await big(4_900_000)).status).not.toBe(413);
    expect((await big(5_500_000)).status).toBe(413);
    expect((await big(6_500_000)).status).toBe(413);
  });

  test("the address is the user's where the proxy is trusted, whatever the user claims; else the proxy's", async () => {
    const claim = { headers: { "X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "http" } };
    for (const more of [{}, claim]) {
      expect((await logIn(trusting, "ann", password, more)).headers["set-cookie"]?.[0]).toContain("; Secure");
      expect(addressIn(trusting)).toBe("127.0.0.2");
      expect((await logIn(wary, "ann", password, more)).headers["set-cookie"]?.[0]).not.toContain("Secure");
      expect(addressIn(wary)).toBe("127.0.0.1");
    }
  });

  test("wrong passwords lock out the address they came from; without trust, everybody", async () => {
    for (const behind of [trusting, wary]) {
      const wrong = Array.from({ length: 4 }, (_, at) => logIn(behind, `guess-${at}`, "wrong", { from: "127.0.0.3" }));
      for (const { status } of await Promise.all(wrong)) expect(status).toBe(401);
      const claim = { from: "127.0.0.3", headers: { "X-Forwarded-For": "192.0.2.7" } };
      expect((await logIn(behind, "ann", password, claim)).status).toBe(429);
    }
    expect((await logIn(trusting, "ann", password, { from: "127.0.0.4" })).status).toBe(303);
    expect((await logIn(wary, "ann", password, { from: "127.0.0.4" })).status).toBe(429);
  }, 60_000);
});
