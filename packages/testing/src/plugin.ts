import {
  type ConnectionDriver,
  type ConnectionTransport,
  type Device,
  defineConnectionDriver,
  definePlugin,
  definePowerDriver,
  type Power,
  type PowerDriver,
} from "@basalt/core";
import type { SimulatedBoardOptions } from "./board/board-options.js";
import { SimulatedBoard } from "./board/simulated-board.js";

/** A device's console and outlet are two drivers of one board. It lives as long as it has power or a console is open. */
const boards = new WeakMap<object, SimulatedBoard>();

function boardOf(device: Device): SimulatedBoard {
  // several copies of a device may be made of one dictionary
  const key = device.dictionary;
  let board = boards.get(key);
  if (!board) {
    const config = { ...device.connections.find(({ driver }) => driver === "simulated")?.config };
    board = new SimulatedBoard({ hostname: device.hostname || "basalt", ...(config as SimulatedBoardOptions) });
    boards.set(key, board);
  }
  return board;
}

async function removeWhenIdle(device: Device, board: SimulatedBoard): Promise<void> {
  if (board.connected || board.power.isOn) return;
  boards.delete(device.dictionary);
  await board[Symbol.asyncDispose]();
}

const phase = { enum: ["power-on", "firmware", "kernel", "login", "shell"] };
const count = { type: "integer", minimum: 1 };

/** JSON Schema of the board's options that a device dictionary may give, beside `driver`. */
const schema = {
  type: "object",
  additionalProperties: false,
  properties: {
    firmware: { enum: ["u-boot", "none"], description: "What starts the kernel." },
    hostname: { type: "string", description: "Name in the login prompt." },
    arch: { enum: ["arm64", "amd64"], description: "Architecture that the kernel log tells." },
    firmwarePrompt: { type: "string", description: "Prompt of its U-Boot." },
    autobootMs: { type: "number", minimum: 0, description: "How long U-Boot waits for a key, in milliseconds." },
    kernelLineMs: { type: "number", minimum: 0, description: "Between two lines of the kernel log, in milliseconds." },
    login: {
      description: "Whether it asks for a login: false for a ramdisk that does not.",
      anyOf: [
        { const: false },
        {
          type: "object",
          additionalProperties: false,
          properties: { username: { type: "string" }, password: { type: "string" }, motd: { type: "string" } },
        },
      ],
    },
    shellPrompt: { type: "string", description: "Prompt of its shell." },
    kernelCommandLine: { type: "string", description: "The kernel's command line." },
    drives: {
      type: "array",
      items: { type: "string" },
      description: "Images of ext2 drives (raw) that its `mount UUID=...` finds.",
    },
    noise: {
      type: "object",
      description: "Kernel messages in the middle of what the shell prints.",
      required: ["seed", "everyBytes"],
      properties: {
        seed: { type: "integer", description: "Same seed, same noise." },
        everyBytes: { ...count, description: "Bytes between two messages, on average." },
        lines: { type: "array", items: { type: "string" }, description: "The messages." },
      },
    },
    faults: {
      type: "array",
      description: "What goes wrong, and where.",
      items: {
        type: "object",
        required: ["kind"],
        additionalProperties: false,
        properties: {
          kind: { enum: ["hang", "panic", "drop-console", "ignore-keys", "wrong-prompt"] },
          at: phase,
          prompt: { type: "string" },
          afterLines: count,
          boots: count,
        },
      },
    },
  },
};

/** `connection: {driver: simulated}`: the serial port of a simulated board; the board's options stand beside `driver`. */
export const simulatedConnection: ConnectionDriver = defineConnectionDriver({
  name: "simulated",
  schema,
  async open({ device, signal }): Promise<ConnectionTransport> {
    signal.throwIfAborted();
    const board = boardOf(device);
    const line = board.connect();
    return {
      readable: line.readable,
      writable: line.writable,
      [Symbol.asyncDispose]: async () => {
        await line[Symbol.asyncDispose]();
        await removeWhenIdle(device, board);
      },
    };
  },
});

/** `power: {driver: simulated}`: the outlet of that board. */
export const simulatedPower: PowerDriver = definePowerDriver({
  name: "simulated",
  schema: { type: "object", additionalProperties: false, properties: {} },
  create({ device }): Power {
    return {
      on: async (options) => boardOf(device).power.on(options),
      async off(options) {
        const board = boardOf(device);
        await board.power.off(options);
        await removeWhenIdle(device, board);
      },
      reset: async (options) => boardOf(device).power.reset(options),
      state: async () => boardOf(device).power.state(),
    };
  },
});

export default definePlugin({
  name: "@basalt/testing",
  power: [simulatedPower],
  connections: [simulatedConnection],
});
