import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type Power, toDevice } from "@basalt/core";
import { pluginContract, resolveOf, silentLog } from "@basalt/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import plugin, { tasmota } from "./index.js";

let server: Server;
let asked: string[] = [];
let relay: "ON" | "OFF" = "OFF";
let stuck = false;
let unanswered = 0;
let says: string | undefined | null = null;

beforeEach(async () => {
  [asked, relay, stuck, unanswered, says] = [[], "OFF", false, 0, null];
  server = createServer((request, response) => {
    if (unanswered-- > 0) return;
    if (says === undefined)
      return void response.writeHead(200, { "content-length": 9 }).write("{", () => response.destroy());
    if (says !== null) return void response.end(says);
    const query = new URL(request.url ?? "", "http://x").searchParams;
    if (query.get("password") !== "s3cret") return void response.writeHead(401).end();
    const command = query.get("cmnd") ?? "";
    asked.push(command);
    const wanted = /^Power2 (on|off)$/.exec(command)?.[1];
    if (wanted && !stuck) relay = wanted.toUpperCase() as typeof relay;
    response.end(JSON.stringify({ POWER2: relay }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
});
afterEach(() => {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
});

const options = { signal: new AbortController().signal, log: silentLog };
const power = (config: object = {}): Power =>
  tasmota.create({
    device: toDevice({}),
    config: {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      relay: 2,
      user: "admin",
      password: "s3cret",
      off_seconds: 0,
      ...config,
    },
    resolve: resolveOf(),
  });

test("switches the relay it is told, and reads it back", async () => {
  await power().on(options);
  expect(relay).toBe("ON");
  expect(asked).toEqual(["Power2 on", "Power2"]);
  await power().reset(options);
  expect(asked.slice(2)).toEqual(["Power2 off", "Power2", "Power2 on", "Power2"]);
  expect(await power().state?.(options)).toBe("on");
});

test("a wrong password is the lab's fault, and is not told", async () => {
  const error = await power({ password: "wrong-one" })
    .on(options)
    .catch((e: Error) => e);
  expect(error).toMatchObject({
    kind: "infrastructure",
    code: "ERR_POWER_REFUSED",
    message: expect.stringContaining("401"),
  });
  expect(String((error as Error).message)).not.toContain("wrong-one");
});

test("a socket that is not there is named", async () => {
  await expect(power({ url: "http://127.0.0.1:9" }).on(options)).rejects.toMatchObject({
    code: "ERR_POWER_UNREACHABLE",
    message: expect.stringContaining("http://127.0.0.1:9"),
  });
});

function answering(what: string | undefined): Power {
  says = what;
  return power();
}

const contract = pluginContract(plugin, {
  manifest,
  power: {
    power,
    absent: () => power({ url: "http://127.0.0.1:9" }),
    refuses: {
      "a wrong password": () => power({ password: "wrong-one" }),
      "no such relay": () => answering('{"Command":"Unknown"}'),
      "an answer that is no JSON": () => answering("<html>"),
      "an answer that is no object": () => answering("null"),
      "a line that breaks in the answer": () => answering(undefined),
    },
    hangsOnce() {
      unanswered = 1;
      return power();
    },
    stuck() {
      stuck = true;
      return power();
    },
    isOn: () => relay === "ON",
  },
});
for (const { name, skip, run } of contract) test.skipIf(skip)(`contract: ${name}`, run);

test("a password in the address is refused, without being told", () => {
  expect(() => power({ url: "http://me:s3cret@127.0.0.1:9" })).toThrow(
    /^(?!.*s3cret).*http:\/\/me:\*\*\*@127.0.0.1:9 .*'user' and 'password'/,
  );
});
