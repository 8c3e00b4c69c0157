import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { refusal } from "../../submit/refusals.js";
import { type TestHttp, testHttp } from "../../testing/test-http.js";
import { refuseUpgrade } from "./refuse-upgrade.js";
import { makeSocketSlots } from "./socket-slots.js";

let http: TestHttp;
beforeAll(async () => {
  http = await testHttp({ http: { trustProxy: true, liveLimits: { all: 4, perAddress: 2 } } });
}, 60_000);
afterAll(() => http[Symbol.asyncDispose]());

/** As a proxy would ask for somebody: the socket, or why there is none. */
async function open(address: string): Promise<WebSocket | { readonly status: number; readonly retry: string }> {
  const socket = new WebSocket(`${http.url.replace("http", "ws")}/ws/`, {
    headers: { "X-Forwarded-For": `made up, ${address}` },
  });
  socket.on("error", () => {});
  const answer = await Promise.race([
    once(socket, "open").then(() => undefined),
    once(socket, "unexpected-response").then(([, response]) => response as IncomingMessage),
  ]);
  if (!answer) return socket;
  const { code } = JSON.parse(Buffer.concat(await answer.toArray()).toString());
  expect(code).toBe("ERR_SOCKETS");
  return { status: answer.statusCode ?? 0, retry: answer.headers["retry-after"] ?? "" };
}

test("WebSockets of one address and of all are counted while they are let in, and again when they are gone", async () => {
  const own = await Promise.all([open("192.0.2.1"), open("192.0.2.1"), open("192.0.2.1")]);
  expect(own.filter((one) => one instanceof WebSocket)).toHaveLength(2);
  expect(own.filter((one) => !(one instanceof WebSocket))).toEqual([{ status: 429, retry: "5" }]);
  const others = [await open("192.0.2.2"), await open("192.0.2.3")];
  expect(others.every((one) => one instanceof WebSocket)).toBe(true);
  expect(await open("192.0.2.4")).toEqual({ status: 503, retry: "5" });
  const gone = others[0] as WebSocket;
  gone.close();
  await once(gone, "close");
  const again = await open("192.0.2.4");
  expect(again).toBeInstanceOf(WebSocket);
  for (const one of [...own, ...others, again]) if (one instanceof WebSocket) one.terminate();
});

test.each(["/nothing", "//", "/ws/../%"])("there is no WebSocket at %s", async (path) => {
  const socket = connect({ port: Number(new URL(http.url).port), host: "127.0.0.1" });
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
  const [part] = (await once(socket, "data")) as [Buffer];
  expect(part.toString()).toMatch(/^HTTP\/1\.1 404 Not Found\r\n/);
  socket.destroy();
});

test("who is refused is let go of, even if they keep their half of the connection open", async () => {
  const server = createServer({ allowHalfOpen: true }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = connect({ port: (server.address() as AddressInfo).port, host: "127.0.0.1", allowHalfOpen: true });
  const [socket] = (await once(server, "connection")) as [Socket];
  const closed = once(socket, "close");
  refuseUpgrade(socket, refusal(429)("ERR_SOCKETS", "too many", { details: { retryAfter: 5 } }));
  const [part] = (await once(client, "data")) as [Buffer];
  expect(part.toString()).toMatch(
    /^HTTP\/1\.1 429 Too Many Requests\r\n[\s\S]*Retry-After: 5\r\n\r\n\{"detail":"too many"/,
  );
  await closed;
  client.destroy();
  server.close();
});

test("a place that is given back twice is one place", () => {
  const slots = makeSocketSlots({ all: 1 });
  const give = slots.take("a");
  give();
  give();
  slots.take("a");
  expect(() => slots.take("b")).toThrow(expect.objectContaining({ code: "ERR_SOCKETS" }));
});
