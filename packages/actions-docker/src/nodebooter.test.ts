import { DockerContainerSlot, SessionSlot } from "@basalt/actions-common";
import { type JsonObject, ProcessRunnerToken, PtySpawnerToken } from "@basalt/core";
import { bootScripted, FakeProcessRunner, FakePtySpawner, planOf, planText, ScriptedBoard } from "@basalt/testing";
import { expect, test } from "vitest";
import { nodebooter } from "./index.js";

const device: JsonObject = {
  hostname: "board-01",
  constants: { "kernel-start-message": "Linux version [0-9]" },
  commands: { hard_reset: "reset", power_off: "off" },
  actions: {
    boot: { methods: { nodebooter: { options: { privileged: true }, commands: ["nb add 'board 01'", "nb start"] } } },
  },
};
const block: JsonObject = {
  method: "nodebooter",
  command: "serve --all",
  docker: { image: "nb:1", local: true },
  prompts: ["# "],
};
const run = (params: JsonObject, runner = new FakeProcessRunner().answer("docker")) => {
  const board = new ScriptedBoard([{ say: "Linux version 6.1\r\n# " }]);
  const pty = new FakePtySpawner(() => board.connect());
  const ran = bootScripted(board, {
    strategies: [nodebooter],
    device,
    block: params,
    services: [
      [PtySpawnerToken, pty],
      [ProcessRunnerToken, runner],
    ],
  });
  return ran.then((result) => ({
    ...result,
    board,
    spawned: pty.spawned,
    calls: runner.calls.map((argv) => argv.join(" ")),
  }));
};

test("container, its configuration, reset, login on its terminal; the container is removed", async () => {
  const { outcome, spawned, calls, board, slot } = await run(block);
  expect(outcome).toEqual({ result: "pass" });
  const name = slot(DockerContainerSlot) ?? "";
  expect(spawned.map((argv) => argv.join(" "))).toEqual([
    `docker run --rm --init --hostname=lava --name=${name} --interactive --tty --privileged nb:1 serve --all`,
  ]);
  expect(calls).toEqual([
    "docker image inspect --format image nb:1 exists nb:1",
    `docker exec ${name} nb add board 01`,
    `docker exec ${name} nb start`,
    `docker rm --force ${name}`,
  ]);
  expect(board.boots).toBe(1);
  expect(slot(SessionSlot)?.prompts).toEqual(["# "]);
});

test("a container that can't be configured fails in that action; the board is not reset", async () => {
  const runner = new FakeProcessRunner().answer("docker").answer(/exec/, { code: 1, stderr: "nb: no such board" });
  const { outcome, board } = await run(block, runner);
  expect(outcome).toMatchObject({
    action: "configure-nodebooter",
    error: { message: expect.stringContaining("no such board") },
  });
  expect(board.boots).toBe(0);
});

test("a block without a container is refused before anything starts", async () => {
  const { outcome, spawned } = await run({ method: "nodebooter", command: "serve" });
  expect(outcome).toMatchObject({ error: { kind: "job", message: expect.stringContaining("needs 'docker'") } });
  expect(spawned).toEqual([]);
});

test("the plan, and a device without the method", () => {
  const names = (params: JsonObject) =>
    planText(
      planOf({
        job: { job_name: "x", timeouts: { job: { minutes: 9 } }, actions: [{ boot: params }] },
        device,
        strategies: [nodebooter],
      }),
    )
      .split("\n")
      .flatMap((line) => /^ *1[.\d]* (\S+)/.exec(line)?.[1] ?? []);
  const always = ["boot-nodebooter", "run-nodebooter-container", "configure-nodebooter", "reset-device", "pdu-reboot"];
  expect(names(block)).toEqual([...always, "auto-login-action", "login-action"]);
  expect(names({ method: "nodebooter", command: "serve", docker: { image: "nb:1" } })).toEqual(always);
  const job = { job_name: "x", timeouts: { job: { minutes: 9 } }, actions: [{ boot: block }] };
  expect(() => planOf({ job, device: { hostname: "b" }, strategies: [nodebooter] })).toThrow(
    "no boot method 'nodebooter'",
  );
});
