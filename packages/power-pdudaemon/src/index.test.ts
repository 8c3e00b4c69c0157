import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { toDevice } from "@basalt/core";
import { pluginContract, resolveOf, silentLog } from "@basalt/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import plugin, { pdudaemon } from "./index.js";

let server: Server;
let asked: string[] = [];
let isOn = false;
let unanswered = 0;
let breaks = false;

beforeEach(async () => {
  [asked, isOn, unanswered, breaks] = [[], false, 0, false];
  server = createServer((request, response) => {
    asked.push(request.url ?? "");
    if (unanswered-- > 0) return;
    if (breaks) return void response.writeHead(200, { "content-length": 9 }).write("OK", () => response.destroy());
    const known = new URL(request.url ?? "", "http://x").searchParams.get("hostname") === "pdu-1";
    if (known) isOn = request.url?.startsWith("/power/control/on") === true;
    response
      .writeHead(known ? 200 : 500)
      .end(known ? "OK - accepted request\n" : "Invalid request: unknown hostname\n");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
});
afterEach(() => {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
});

const options = { signal: new AbortController().signal, log: silentLog };
const addressOf = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
const power = (hostname: string, url = addressOf()) =>
  pdudaemon.create({
    device: toDevice({}),
    config: { url, hostname, port: 4, off_seconds: 0 },
    resolve: resolveOf(),
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

const contract = pluginContract(plugin, {
  manifest,
  power: {
    power: () => power("pdu-1"),
    absent: () => power("pdu-1", "http://127.0.0.1:9"),
    refuses: {
      "a PDU that pdudaemon does not know": () => power("pdu-9"),
      "a line that breaks in the answer"() {
        breaks = true;
        return power("pdu-1");
      },
    },
    hangsOnce() {
      unanswered = 1;
      return power("pdu-1");
    },
    stuck: "pdudaemon can't be asked for the state",
    isOn: () => isOn,
  },
});
for (const { name, skip, run } of contract) test.skipIf(skip)(`contract: ${name}`, run);

test("a password in the address is refused, without being told", () => {
  expect(() => power("pdu-1", "http://me:s3cret@127.0.0.1:9")).toThrow(
    /^(?!.*s3cret).*http:\/\/me:\*\*\*@127.0.0.1:9 /,
  );
});
