import { type JsonObject, ProcessRunnerToken } from "@basalt/core";
import { type ContractScene, FakeProcessRunner, pluginContract, refusal } from "@basalt/testing";
import { afterAll, test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import { FirmwareSlot } from "./deploy-avh.js";
import plugin from "./index.js";
import { apiToken, FakeAvh, type FakeAvhOptions } from "./testing/fake-avh.js";

const avh = await FakeAvh.start();
afterAll(() => avh[Symbol.asyncDispose]());

const device: JsonObject = {
  hostname: "virtual-01",
  constants: { "kernel-start-message": "Linux version [0-9]" },
  actions: {
    deploy: {
      methods: { avh: { options: { api_endpoint: avh.endpoint, project_name: "Default Project", model: "rpi4b" } } },
    },
    boot: { methods: { avh: null } },
  },
};
const job = { secrets: { avh_api_token: apiToken } };
const refusing = (line: string): FakeAvhOptions => ({ answers: { [line]: [400, JSON.stringify({ error: refusal })] } });

const cloud = (options: FakeAvhOptions = {}): ContractScene => {
  avh.reset(options);
  return {
    consoles: avh,
    attempts: () => avh.made,
    held: () => [...avh.held],
    slots: [
      [FirmwareSlot, { endpoint: avh.endpoint, project: "p-1", model: "rpi4b", image: "i", version: "1", build: "1" }],
    ],
  };
};
type OnConsole = NonNullable<FakeAvhOptions["onConsole"]>;
const boots: OnConsole = (socket) => void socket.send("[    0.000000] Linux version 6.1.0\r\nraspberrypi:~# ");
const dies: OnConsole = (socket) => {
  socket.send("[    0.000000] Linux version 6.1.0\r\n");
  socket.close();
};

const contract = pluginContract(plugin, {
  manifest,
  deploy: {
    device,
    job,
    clock: avh.makeClock(),
    block: { to: "avh", images: { kernel: { url: "http://x/k" }, rootfs: { url: "http://x/r" } } },
    files: { "http://x/k": "kernel", "http://x/r": "root" },
    scene(files) {
      avh.reset({});
      const zip = new FakeProcessRunner().answer(/./).answer(/^zip -q/, async (_argv, { cwd }) => {
        await files.write(`${cwd}/firmware.zip`, "PK");
        return {};
      });
      return { held: () => [...avh.held], services: [[ProcessRunnerToken, zip]] };
    },
  },
  boot: {
    device,
    job,
    block: { method: "avh", prompts: ["# "], timeout: { minutes: 1 } },
    clock: avh.makeClock(),
    scenes: {
      works: () => cloud({ onConsole: boots }),
      silent: () => cloud(),
      hangsOnce: () => cloud({ onConsole: (socket, nth) => void (nth > 1 && boots(socket, nth)) }),
      drops: () => cloud({ states: ["on"], onConsole: dies }),
      refuses: () => cloud(refusing("POST /v1/instances")),
      missing: "it fetches nothing",
    },
  },
});
for (const { name, skip, run } of contract) test.skipIf(skip)(`contract: ${name}`, run);
