import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { ClockToken, type Log, systemClock, type Token, toDevice } from "@basalt/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { pdudaemon } from "./index.js";

let server: Server;
let asked: string[] = [];

beforeEach(async () => {
  asked = [];
  server = createServer((request, response) => {
    asked.push(request.url ?? "");
    const known = new URL(request.url ?? "", "http://x").searchParams.get("hostname") === "pdu-1";
    response
      .writeHead(known ? 200 : 500)
      .end(known ? "OK - accepted request\n" : "Invalid request: unknown hostname\n");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
});
afterEach(() => new Promise((resolve) => server.close(resolve)));

const options = { signal: new AbortController().signal, log: { debug() {}, warning() {} } as unknown as Log };
const power = (hostname: string) =>
  pdudaemon.create({
    device: toDevice({}),
    config: { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, hostname, port: 4, off_seconds: 0 },
    resolve: <T>(token: Token<T>) => (token.key === ClockToken.key ? systemClock : undefined) as T,
  });

test("asks for the port of the PDU by name; a reset is off and on", async () => {
  await power("pdu-1").reset(options);
  expect(asked).toEqual(["/power/control/off?hostname=pdu-1&port=4", "/power/control/on?hostname=pdu-1&port=4"]);
});

test("a refusal carries pdudaemon's answer", async () => {
  await expect(power("pdu-9").off(options)).rejects.toMatchObject({
    kind: "infrastructure",
    code: "ERR_POWER_REFUSED",
    message: expect.stringContaining("unknown hostname"),
  });
});
