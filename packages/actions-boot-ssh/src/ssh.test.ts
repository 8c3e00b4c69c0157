import { OverlayFileSlot, SessionSlot } from "@basalt/actions-common";
import {
  Console,
  defineProtocol,
  type JsonObject,
  ProcessRunnerToken,
  type PtyProcess,
  PtySpawnerToken,
} from "@basalt/core";
import {
  bootScripted,
  FakeProcessRunner,
  planOf,
  planText,
  ScriptedBoard,
  type ScriptStep,
  settle,
} from "@basalt/testing";
import { describe, expect, test } from "vitest";
import plugin from "./index.js";

const strategies = plugin.strategies ?? [];
const deviceWith = (ssh: JsonObject): JsonObject => ({
  hostname: "host-01",
  actions: {
    deploy: { methods: { ssh: { options: ["-o", "Compression=yes"], port: 8022, user: "root", ...ssh } } },
    boot: { methods: { ssh: null, schroot: { name: ["sid"] } } },
  },
});
const device = deviceWith({ host: "10.1.1.1", identity_file: "/etc/keys/lava" });
const common = [
  "-o",
  "Compression=yes",
  "-o",
  "StrictHostKeyChecking=no",
  "-o",
  "UserKnownHostsFile=/dev/null",
  "-i",
  "/etc/keys/lava",
];

const happy: readonly ScriptStep[] = [
  { say: "Welcome\r\n# " },
  { hear: "\n" },
  { say: "# " },
  { hear: "tar" },
  { hear: "\n" },
  { say: "<LAVA_SIGNAL_RETRUNCODE 0>\r\n# " },
];

/** A host at the far end of `ssh`: each login plays the next script. */
async function login(
  scripts: readonly (readonly ScriptStep[])[],
  {
    block = {},
    on = device,
    overlay = "/jobs/1/overlay.tar.gz",
    more = {} as Partial<Parameters<typeof bootScripted>[1]>,
  } = {},
) {
  const host = new ScriptedBoard(...scripts);
  const spawned: (readonly string[])[] = [];
  let ended = 0;
  const pty = {
    async spawn(argv: readonly string[]): Promise<PtyProcess> {
      spawned.push(argv);
      const line = host.connect();
      host.powerOn();
      return {
        ...line,
        pid: 1,
        exited: new Promise(() => {}),
        async [Symbol.asyncDispose]() {
          ended++;
          await line[Symbol.asyncDispose]();
        },
      };
    },
  };
  const runner = new FakeProcessRunner().answer("scp");
  const ran = await bootScripted(host, {
    strategies,
    device: on,
    block: { method: "ssh", prompts: ["# "], timeout: { minutes: 2 }, ...block },
    slots: overlay === "" ? [] : [[OverlayFileSlot, overlay]],
    services: [
      [PtySpawnerToken, pty],
      [ProcessRunnerToken, runner],
    ],
    ...more,
  });
  return { ...ran, host, runner, spawned, ended: () => ended };
}

test("the plan: everything whatever tests follow; schroot is one action, tried once", () => {
  const actions = [
    { boot: { method: "ssh", failure_retry: 2, timeout: { minutes: 1 } } },
    { boot: { method: "schroot", connection: "ssh", schroot: "sid", failure_retry: 2, timeout: { minutes: 1 } } },
  ];
  const text = planText(planOf({ job: { timeouts: { job: { hours: 1 } }, actions }, device, strategies }));
  expect(
    text
      .split("\n")
      .slice(0, 10)
      .map((line) => line.trim()),
  ).toEqual([
    "1 login-ssh 1m x2",
    "1.1 scp-deploy 30s",
    "1.2 prepare-ssh 30s",
    "1.3 ssh-connection 30s",
    "1.4 auto-login-action 30s x2",
    "1.4.1 login-action 15s",
    "1.5 expect-shell-connection 30s",
    "1.6 export-device-env 30s",
    "1.7 scp-overlay-unpack 30s",
    "2 schroot-login 1m",
  ]);
});

describe("ssh", () => {
  test("copies the overlay, logs in and unpacks it, with the device's options, port and key", async () => {
    const { outcome, runner, spawned, host, ended } = await login([happy]);
    expect(outcome).toEqual({ result: "pass" });
    expect(runner.calls).toEqual([
      ["scp", ...common, "-P", "8022", "/jobs/1/overlay.tar.gz", "root@10.1.1.1:/tmp/overlay-1.tar.gz"],
    ]);
    expect(spawned).toEqual([["ssh", "-tt", ...common, "-p", "8022", "root@10.1.1.1"]]);
    expect(host.typed).toContain("-xzf /tmp/overlay-1.tar.gz");
    expect(ended()).toBe(1);
  });
  test("without an overlay nothing is copied", async () => {
    const { outcome, runner } = await login([happy.slice(0, 3)], { overlay: "" });
    expect([outcome, runner.calls]).toEqual([{ result: "pass" }, []]);
  });
  test("a host that says nothing", async () => {
    const { outcome } = await login([[]], { block: { timeouts: { "login-action": { seconds: 20 } } } });
    expect(outcome).toMatchObject({ action: "login-action", error: { code: "ERR_ACTION_TIMEOUT" } });
  });
  test("a login that hangs is ended, and the next is another ssh", async () => {
    const { outcome, spawned, ended } = await login([[{ say: "Welcome" }], happy], {
      block: { failure_retry: 2, timeouts: { "auto-login-action": { seconds: 20 } } },
    });
    expect(outcome).toEqual({ result: "pass" });
    expect([spawned.length, ended()]).toEqual([2, 2]);
  });
  test("a host that hangs up", async () => {
    const { outcome } = await login([[{ say: "Permission denied" }, "unplug"]]);
    expect(outcome).toMatchObject({ error: { kind: "infrastructure", code: "ERR_CONNECTION_CLOSED" } });
  });
  test("a canceled job ends its ssh", async () => {
    const stop = new AbortController();
    const ran = login([[]], { more: { signal: stop.signal } });
    await settle();
    stop.abort(new Error("canceled"));
    expect((await ran).outcome.result).toBe("fail");
  });
  test("a key without an absolute path, and a device without a host, are told", async () => {
    const relative = await login([happy], { on: deviceWith({ host: "h", identity_file: "keys/lava" }) });
    expect(relative.outcome).toMatchObject({ error: { code: "ERR_SSH_KEY", kind: "configuration" } });
    const hostless = await login([happy], { on: deviceWith({ host: "" }) });
    expect(hostless.outcome).toMatchObject({ error: { code: "ERR_SSH_HOST", kind: "configuration" } });
  });
  test("the host may be one whose address another job of the group sent", async () => {
    const multinode = defineProtocol({
      name: "lava-multinode",
      schema: {},
      open: async () => ({ before: async () => ({ ipaddr: "10.9.9.9" }), async [Symbol.asyncDispose]() {} }),
    });
    const block = {
      parameters: { hostID: "ipv4", host_key: "ipaddr" },
      protocols: { "lava-multinode": [{ action: "login-ssh", request: "lava-wait", messageID: "ipv4" }] },
    };
    const { spawned } = await login([happy], {
      block,
      more: { protocols: [multinode], job: { protocols: { "lava-multinode": {} } } },
    });
    expect(spawned[0]?.at(-1)).toBe("root@10.9.9.9");
    const { outcome } = await login([happy], { block: { parameters: { hostID: "ipv4", host_key: "ipaddr" } } });
    expect(outcome).toMatchObject({ error: { code: "ERR_SSH_HOST", kind: "job" } });
  });
});

test.each([
  ["enters", { say: "(sid)# " }, { result: "pass" }],
  [
    "that is not there",
    { say: "E: sid: Chroot not found\r\n# " },
    { error: { code: "ERR_SCHROOT", message: expect.stringContaining("Chroot not found") } },
  ],
])("schroot %s", async (_what, answer, expected) => {
  const board = new ScriptedBoard([{ hear: "schroot -c sid\n" }, answer]);
  const console = new Console(board.connect());
  board.powerOn();
  const session = { console, prompts: ["# "], lineSeparator: "\n" };
  const { outcome } = await bootScripted(board, {
    strategies,
    device,
    block: { method: "schroot", connection: "ssh", schroot: "sid" },
    slots: [[SessionSlot, session]],
  });
  expect(outcome).toMatchObject(expected);
  await console[Symbol.asyncDispose]();
});
