import { Console, defineAction } from "@basalt/core";
import { runPlan, virtualSerial } from "@basalt/testing";
import { expect, test } from "vitest";
import { runInShell } from "./session.js";
import { type Session, SessionSlot } from "./slots.js";

const signal = new AbortController().signal;

async function shell(answer: string) {
  const { host, dut } = virtualSerial();
  await using console = new Console(host);
  await using board = new Console(dut);
  const session: Session = { console, prompts: ["root@board:/# "], lineSeparator: "\n" };
  const action = defineAction({
    name: "run-it",
    summary: "",
    reads: { session: SessionSlot },
    run: ({ session: own }, ctx) => runInShell(own, "cd /tmp && wget x", ctx),
  });
  const ran = runPlan(action, { slots: [[SessionSlot, session]], job: { timeouts: { action: { seconds: 5 } } } });
  await board.expect(["\n"], { signal });
  await board.send(answer);
  return await ran;
}

test("a command that fails is told at once, also where it changed the prompt", async () => {
  const { outcome } = await shell("<LAVA_SIGNAL_RETRUNCODE 4>\r\nroot@board:/tmp# ");
  expect(outcome).toMatchObject({
    error: { kind: "job", code: "ERR_SHELL_COMMAND", message: expect.stringContaining("ended with 4") },
  });
});

test("one that succeeds waits for the prompt", async () => {
  const { outcome } = await shell("<LAVA_SIGNAL_RETRUNCODE 0>\r\nroot@board:/# ");
  expect(outcome).toEqual({ result: "pass" });
});
