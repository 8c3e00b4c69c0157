import { existsSync } from "node:fs";
import { Console, makeLog, serviceMissing, systemClock, toDevice } from "@basalt/core";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import { pluginContract } from "./contract/plugin-contract.js";
import plugin, { simulatedConnection, simulatedPower } from "./plugin.js";

const { signal } = new AbortController();
const options = { signal, log: makeLog({ append: () => {} }, systemClock) };
const resolve = (): never => {
  throw serviceMissing("nothing");
};
const dictionary = {
  hostname: "sim-01",
  connection: { driver: "simulated", firmware: "none", login: false },
  power: { driver: "simulated" },
};

function drivers(config: object = {}) {
  const device = toDevice({ ...dictionary, connection: { ...dictionary.connection, ...config } });
  const connection = device.connections[0]!;
  return {
    power: simulatedPower.create({ device, config: {}, resolve }),
    open: () => simulatedConnection.open({ device, connection, resolve, signal }),
  };
}

test("a device whose console and power are simulated boots to a shell, and its disk goes when power and console are gone", async () => {
  const { power, open } = drivers();
  const line = await open();
  const console = new Console(line);
  await power.on(options);
  await console.expect(["root@sim-01:~# "], { signal, timeoutMs: 10_000 });
  await console.send("echo disk is $BOARD_ROOT; echo d''one\n");
  await console.expect(["\ndone"], { signal, timeoutMs: 10_000 });
  expect(await power.state?.(options)).toBe("on");
  await power.off(options);
  await line[Symbol.asyncDispose]();
  expect(await power.state?.(options)).toBe("off");
});

test("a console that is opened again is the same board's", async () => {
  const { power, open } = drivers();
  const first = await open();
  await power.on(options);
  await first[Symbol.asyncDispose]();
  const second = await open();
  const console = new Console(second);
  await console.send("\n");
  await console.expect(["root@sim-01:~# "], { signal, timeoutMs: 10_000 });
  await power.off(options);
  await second[Symbol.asyncDispose]();
});

test("faults are the device's", async () => {
  const { power, open } = drivers({ faults: [{ kind: "panic", at: "kernel" }] });
  const line = await open();
  const console = new Console(line);
  await power.on(options);
  await console.expect(["Kernel panic - not syncing"], { signal, timeoutMs: 10_000 });
  await power.off(options);
  await line[Symbol.asyncDispose]();
});

describe("the schema", () => {
  const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(simulatedConnection.schema);
  test.each([
    [{}, true],
    [
      {
        firmware: "u-boot",
        login: { username: "root", password: "x" },
        faults: [{ kind: "hang", at: "kernel", boots: 2 }],
      },
      true,
    ],
    [{ noise: { seed: 1, everyBytes: 100 } }, true],
    [{ login: false, shellPrompt: "# " }, true],
    [{ firmware: "grub" }, false],
    [{ faults: [{ kind: "explode" }] }, false],
    [{ frobnicate: true }, false],
  ])("%j: %s", (config, ok) => {
    expect(validate(config)).toBe(ok);
  });
});

test("nothing of a board's is in this machine's root folder", () => {
  expect(existsSync("/basalt")).toBe(false);
});

const fake = "a fake that nothing can be put behind; the tests above and those of SimulatedBoard try it";
const contract = pluginContract(plugin, {
  manifest,
  untested: { "power simulated": fake, "connection simulated": fake },
});
for (const { name, skip, run } of contract) test.skipIf(skip)(`contract: ${name}`, run);
