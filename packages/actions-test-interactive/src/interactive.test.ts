import { type Session, SessionSlot } from "@basalt/actions-common";
import { Console, type JsonObject } from "@basalt/core";
import { planOf, planText, runPlan, virtualSerial } from "@basalt/testing";
import { expect, test } from "vitest";
import { interactive } from "./index.js";
import { interactiveAction } from "./interactive-action.js";

/** A prompt that answers each line from a table, and records what was typed. */
async function run(script: readonly JsonObject[], answers: Readonly<Record<string, string>>, more: JsonObject = {}) {
  const { host, dut } = virtualSerial();
  await using console = new Console(host);
  await using board = new Console(dut);
  const typed: string[] = [];
  const stop = new AbortController();
  const talking = (async () => {
    for (;;) {
      const line = (await board.expect(["\n"], { signal: stop.signal })).before;
      typed.push(line);
      await board.send(`${line}\r\n${answers[line] ?? ""}=> `);
    }
  })().catch(() => {});
  const params: JsonObject = { interactive: [{ name: "uboot", prompts: ["=> "], script, ...more }] };
  const session: Session = { console, prompts: [], lineSeparator: "\n" };
  const action = interactiveAction({ params, block: { connectionNamespace: "common" } as never, stage: 0 });
  const ran = await runPlan(action, { section: "test", params, jobId: "42", slots: [[SessionSlot, session]] });
  stop.abort();
  await talking;
  return {
    ...ran,
    typed,
    cases: ran.results
      .filter(({ definition }) => definition === "0_uboot")
      .map((result) => `${result.case} ${result.result}`),
  };
}

test("commands are typed one after the other; the named ones are test cases", async () => {
  const { outcome, typed, cases, results } = await run(
    [
      { command: "setenv x 1" },
      { command: "printenv x", name: "print", successes: [{ message: "x=1" }] },
      { command: "version", name: "version" },
    ],
    { "printenv x": "x=1\r\n" },
  );
  expect(outcome).toEqual({ result: "pass" });
  expect(typed).toEqual(["setenv x 1", "printenv x", "version"]);
  expect(cases).toEqual(["print pass", "version pass"]);
  expect(results).toContainEqual(expect.objectContaining({ definition: "lava", case: "0_uboot", result: "pass" }));
});

test("a prompt before any success is a failure", async () => {
  const { cases } = await run([{ command: "ping 1.2.3.4", name: "ping", successes: [{ message: "is alive" }] }], {});
  expect(cases).toEqual(["ping fail"]);
});

test("a failure message fails a named step, and the script goes on", async () => {
  const { outcome, cases } = await run(
    [
      { command: "dhcp", name: "dhcp", failures: [{ message: "BOOTP broadcast 5" }] },
      { command: "version", name: "version" },
    ],
    { dhcp: "BOOTP broadcast 5\r\n" },
  );
  expect(outcome).toEqual({ result: "pass" });
  expect(cases).toEqual(["dhcp fail", "version pass"]);
});

test("a failure message with an exception ends the test with that kind and text", async () => {
  const { outcome, cases } = await run(
    [
      {
        command: "dhcp",
        name: "dhcp",
        failures: [{ message: "No link", exception: "InfrastructureError", error: "the cable is out" }],
      },
    ],
    { dhcp: "No link\r\n" },
  );
  expect(outcome).toMatchObject({
    error: { kind: "infrastructure", message: expect.stringContaining("the cable is out") },
  });
  expect(cases).toEqual(["dhcp fail"]);
});

test("a failing step without a name is a test error", async () => {
  const { outcome } = await run([{ command: "boom", failures: [{ message: "error" }] }], { boom: "error\r\n" });
  expect(outcome).toMatchObject({ error: { kind: "test", code: "ERR_INTERACTIVE_FAILURE" } });
});

test("values: the worker's address, the job's id, and groups that a success found", async () => {
  const { typed } = await run(
    [
      { command: "setenv serverip {SERVER_IP}" },
      { command: "dhcp", successes: [{ message: "address (?P<OWN_IP>[0-9.]+)" }] },
      { command: "ping {OWN_IP} {JOB_ID} {OTHER}" },
    ],
    { dhcp: "DHCP client bound to address 10.0.0.7\r\n" },
  );
  expect(typed[0]).toMatch(/^setenv serverip [\d.]+$/);
  expect(typed[2]).toBe("ping 10.0.0.7 42 {OTHER}");
});

test("expected cases: what never came fails, what was not expected fails", async () => {
  const { cases } = await run([{ command: "version", name: "version" }], {}, { expected: ["print"] });
  expect(cases).toEqual(["version fail", "print fail"]);
});

test("a command that is not waited for", async () => {
  const { outcome } = await run([{ command: "reset", wait_for_prompt: false }], {});
  expect(outcome).toEqual({ result: "pass" });
});

test("an echo that is discarded can't match", async () => {
  const step = { command: "echo is alive", name: "echo", successes: [{ message: "is alive" }] };
  expect((await run([step], { "echo is alive": "nothing\r\n" })).cases).toEqual(["echo pass"]);
  expect((await run([step], { "echo is alive": "nothing\r\n" }, { echo: "discard" })).cases).toEqual(["echo fail"]);
});

test("the plan", () => {
  const plan = planOf({
    job: {
      job_name: "x",
      timeouts: { job: { minutes: 5 } },
      actions: [{ test: { interactive: [], timeout: { minutes: 4 } } }],
    },
    device: { hostname: "a" },
    strategies: [interactive],
  });
  expect(planText(plan).split("\n").slice(0, 2)).toEqual([
    "1 lava-test-interactive-retry 4m",
    "  1.1 lava-test-interactive 4m",
  ]);
});

test("a pattern that can't be read is refused before anything is typed", async () => {
  const { outcome, typed } = await run([{ command: "version", successes: [{ message: "(" }] }], {});
  expect(outcome).toMatchObject({ result: "fail", error: { kind: "job", code: "ERR_JOB_INVALID" } });
  expect(typed).toEqual([]);
});
