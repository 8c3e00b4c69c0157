import { createSocket } from "node:dgram";
import { ClockToken, type Log, systemClock, type Token, toDevice } from "@basalt/core";
import snmpLibrary from "net-snmp";
import { afterEach, beforeEach, expect, test } from "vitest";
import { snmp } from "./index.js";

const apcOutlet3 = "1.3.6.1.4.1.318.1.1.4.4.2.1.3";
let agent: ReturnType<typeof snmpLibrary.createAgent>;
let port = 0;

async function freePort(): Promise<number> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", () => resolve()));
  const found = socket.address().port;
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return found;
}

beforeEach(async () => {
  port = await freePort();
  agent = snmpLibrary.createAgent({ port, address: "127.0.0.1", disableAuthorization: false } as never, () => {});
  agent.getAuthorizer().addCommunity("lab-secret");
  agent.registerProvider({
    name: "outlet",
    type: snmpLibrary.MibProviderType.Scalar,
    oid: apcOutlet3,
    scalarType: snmpLibrary.ObjectType.Integer,
    maxAccess: snmpLibrary.MaxAccess["read-write"],
  } as never);
  agent.getMib().setScalarValue("outlet", 2);
});
afterEach(() => void agent.close());

const options = { signal: new AbortController().signal, log: { debug() {}, warning() {} } as unknown as Log };
const power = (config: object = {}) =>
  snmp.create({
    device: toDevice({}),
    // a scalar's instance is 0, so outlet 0 of the table's column is the one this agent has
    config: { host: "127.0.0.1", port, community: "lab-secret", model: "apc", outlet: 0, off_seconds: 0, ...config },
    resolve: <T>(token: Token<T>) => (token.key === ClockToken.key ? systemClock : undefined) as T,
  });
const outlet = (): number => Number(agent.getMib().getScalarValue("outlet"));

test("switches an APC outlet and reads it back", async () => {
  await power().on(options);
  expect(outlet()).toBe(1);
  expect(await power().state?.(options)).toBe("on");
  await power().off(options);
  expect(outlet()).toBe(2);
});

test("generic objects, named by the dictionary, with their own values", async () => {
  await power({ model: "generic", oid: `.${apcOutlet3}.{outlet}`, on_value: 5, off_value: 6 }).on(options);
  expect(outlet()).toBe(5);
});

test("an abort ends a request that nobody answers, with the signal's reason", async () => {
  const stop = new AbortController();
  const silent = createSocket("udp4");
  await new Promise<void>((resolve) => silent.bind(0, "127.0.0.1", () => resolve()));
  silent.once("message", () => stop.abort(new Error("canceled")));
  await expect(power({ port: silent.address().port }).on({ ...options, signal: stop.signal })).rejects.toThrow(
    "canceled",
  );
  await new Promise<void>((resolve) => silent.close(() => resolve()));
});
