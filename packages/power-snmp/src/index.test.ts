import { createSocket, type Socket } from "node:dgram";
import { toDevice } from "@basalt/core";
import { pluginContract, resolveOf, silentLog } from "@basalt/testing";
import snmpLibrary from "net-snmp";
import { afterEach, beforeEach, expect, test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import plugin, { snmp } from "./index.js";

const apcOutlet3 = "1.3.6.1.4.1.318.1.1.4.4.2.1.3";
const stuckOid = "1.3.6.1.4.1.318.1.1.4.4.2.1.9.0";
let agent: ReturnType<typeof snmpLibrary.createAgent>;
let port = 0;

async function freePort(): Promise<number> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", () => resolve()));
  const found = socket.address().port;
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return found;
}

function startAgent(): void {
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
  agent.registerProvider({
    name: "stuck",
    type: snmpLibrary.MibProviderType.Scalar,
    oid: stuckOid.slice(0, -2),
    scalarType: snmpLibrary.ObjectType.Integer,
    maxAccess: snmpLibrary.MaxAccess["read-only"],
  } as never);
  agent.getMib().setScalarValue("stuck", 2);
}

beforeEach(async () => {
  port = await freePort();
  startAgent();
});
afterEach(() => void agent.close());

const options = { signal: new AbortController().signal, log: silentLog };
const power = (config: object = {}) =>
  snmp.create({
    device: toDevice({}),
    // a scalar's instance is 0, so outlet 0 of the table's column is the one this agent has
    config: { host: "127.0.0.1", port, community: "lab-secret", model: "apc", outlet: 0, off_seconds: 0, ...config },
    resolve: resolveOf(),
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

let silent: Socket | undefined;
afterEach(() => new Promise<void>((resolve) => (silent ? silent.close(() => resolve()) : resolve())));

const contract = pluginContract(plugin, {
  manifest,
  power: {
    power,
    absent: () => power({ host: "no-such-host.invalid" }),
    refuses: {
      "an object that the PDU does not have": () => power({ model: "generic", oid: "1.3.6.1.4.1.318.9.9.9.0" }),
      "a value that the outlet does not take": () => power({ model: "generic", oid: "1.3.6.1.2.1.1.1.0" }),
    },
    async hangsOnce() {
      // answers nothing until it was asked once; then the agent takes the port
      silent = createSocket("udp4");
      const socket = silent;
      agent.close();
      await new Promise<void>((resolve) => socket.bind(port, "127.0.0.1", () => resolve()));
      const driver = power();
      let asked = false;
      return {
        ...driver,
        async on(options) {
          if (asked) {
            await new Promise<void>((resolve) => socket.close(() => resolve()));
            silent = undefined;
            startAgent();
          }
          asked = true;
          await driver.on(options);
        },
      };
    },
    stuck: () => power({ model: "generic", oid: `${apcOutlet3}.{outlet}`, on_value: 1, state_oid: stuckOid }),
    isOn: () => outlet() === 1,
  },
});
for (const { name, skip, run } of contract) test.skipIf(skip)(`contract: ${name}`, run);
