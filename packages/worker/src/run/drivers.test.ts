import {
  ConnectionsToken,
  DownloaderToken,
  defineConnectionDriver,
  definePlugin,
  definePowerDriver,
  type Log,
  PowerToken,
  ProtocolToken,
  StrategyToken,
  toDevice,
} from "@basalt/core";
import { expect, test } from "vitest";
import { allOf, createContainer, jobContainer, resolver } from "./container.js";
import { deviceServices } from "./device-services.js";

const switched: string[] = [];
const plugin = definePlugin({
  name: "test",
  power: [
    definePowerDriver({
      name: "outlet",
      schema: {},
      create: ({ config }) => {
        const note = (to: string) => async () => void switched.push(`${config.number} ${to}`);
        return { on: note("on"), off: note("off"), reset: note("reset") };
      },
    }),
    definePowerDriver({
      name: "command",
      schema: {},
      create: () => ({ on: async () => void switched.push("command"), off: async () => {}, reset: async () => {} }),
    }),
  ],
  connections: [
    defineConnectionDriver({
      name: "loop",
      schema: {},
      open: async ({ connection }) => ({ loop: connection.config }) as never,
    }),
  ],
});
const options = { signal: new AbortController().signal, log: {} as Log };

test("a device's power driver gets its own keys", async () => {
  const resolve = deviceServices(createContainer([plugin]), toDevice({ power: { driver: "outlet", number: 3 } }), []);
  await resolve(PowerToken).off(options);
  expect(switched.splice(0)).toEqual(["3 off"]);
});

test("LAVA's power commands are served by the driver 'command', no power at all by one that does nothing", async () => {
  const root = createContainer([plugin]);
  await deviceServices(root, toDevice({ commands: { power_on: "on" } }), [])(PowerToken).on(options);
  expect(switched.splice(0)).toEqual(["command"]);
  await deviceServices(root, toDevice({ commands: { connections: {} } }), [])(PowerToken).on(options);
  expect(switched).toEqual([]);
});

test("consoles are opened by the driver each connection names", async () => {
  const device = toDevice({ hostname: "b", connections: { uart0: { driver: "loop", port: 7 } } });
  const connections = deviceServices(createContainer([plugin]), device, [])(ConnectionsToken);
  expect(await connections.open(device.connections[0]!, options)).toEqual({ loop: { port: 7 } });
});

test("a driver that nobody has is refused with the nearest name and the package to install", () => {
  const root = createContainer([plugin]);
  const make = (dictionary: Parameters<typeof toDevice>[0]) => () => deviceServices(root, toDevice(dictionary), []);
  expect(make({ hostname: "b1", power: { driver: "outlett" } })).toThrow(
    expect.objectContaining({
      kind: "configuration",
      code: "ERR_DRIVER_UNKNOWN",
      message: expect.stringMatching(
        /device b1 .*power driver 'outlett'.*Did you mean 'outlet'\?.*npm install @basalt\/power-outlett/s,
      ),
    }),
  );
  expect(make({ connection: { driver: "ssh" } })).toThrow(/connection driver 'ssh'.*Known: loop/);
});

test("plugins' values are in the root only; a job's container sees them and its own services", () => {
  const root = createContainer([plugin, definePlugin({ name: "other", power: plugin.power ?? [] })]);
  const job = jobContainer(root, [[DownloaderToken, "downloader"]]);
  expect(allOf(job, StrategyToken)).toEqual([]);
  expect(allOf(root, ProtocolToken)).toEqual([]);
  expect(resolver(job)(DownloaderToken)).toBe("downloader");
  expect(() => resolver(root)(DownloaderToken)).toThrow(
    expect.objectContaining({ code: "ERR_SERVICE_MISSING", message: expect.stringContaining("Downloader") }),
  );
});
