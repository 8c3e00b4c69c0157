import { Console, type JsonObject, PowerToken, toDevice } from "@basalt/core";
import { fastClock, runPlan, ScriptedBoard, type ScriptStep } from "@basalt/testing";
import { expect, test } from "vitest";
import { SessionSlot } from "../slots.js";
import { ubootEnterFastboot } from "./fastboot-entry.js";

const parameters = { bootloader_prompt: "=>", interrupt_prompt: "Hit any key", interrupt_char: " " };
const dictionary: JsonObject = {
  hostname: "b",
  commands: { hard_reset: "pdu" },
  fastboot_via_uboot: true,
  timeouts: { connections: { "bootloader-interrupt": { seconds: 3 } } },
  actions: {
    deploy: {
      methods: { "u-boot": { parameters: { fastboot: { commands: ["setenv autoload no", "dhcp", "fastboot udp"] } } } },
    },
    boot: { methods: { "u-boot": { parameters } } },
  },
};

/** As U-Boot 2023.01 talks: the newline behind the stopping key brings a second prompt. */
const stopped: readonly ScriptStep[] = [
  { say: "Hit any key to stop autoboot:  2 " },
  { hear: " \n" },
  { say: "\r\n=> \r\n=> " },
  { hear: "setenv autoload no\n" },
  { say: "setenv autoload no\r\n=> " },
  { hear: "dhcp\n" },
  { say: "dhcp\r\nBOOTP broadcast 1\r\n" },
];

async function enter(script: readonly ScriptStep[]) {
  const board = new ScriptedBoard(script);
  await using console = new Console(board.connect());
  const ran = await runPlan(ubootEnterFastboot(toDevice(dictionary)), {
    device: dictionary,
    clock: fastClock(40),
    job: { timeouts: { job: { minutes: 5 }, action: { seconds: 20 } } },
    slots: [[SessionSlot, { console, prompts: [], lineSeparator: "\n" }]],
    services: [[PowerToken, board.power]],
  });
  return { ...ran, typed: board.typed };
}

test("each command is typed at its own prompt, the last one waits for nothing", async () => {
  const { outcome, typed } = await enter([...stopped, { say: "DHCP client bound to address 10.0.2.15\r\n=> " }]);
  expect(outcome).toEqual({ result: "pass" });
  expect(typed).toBe(" \nsetenv autoload no\ndhcp\nfastboot udp\n");
});

test("nothing is typed while U-Boot asks for its address: it would be lost", async () => {
  const { outcome, typed } = await enter(stopped);
  expect(outcome).toMatchObject({ action: "bootloader-interrupt", error: { kind: "infrastructure" } });
  expect(typed).not.toContain("fastboot udp");
});
