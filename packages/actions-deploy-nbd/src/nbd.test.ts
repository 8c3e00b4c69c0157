import { BootCommandSlot, downloadedSlot, NbdRootSlot, TftpFolderSlot } from "@basalt/actions-common";
import {
  defineAction,
  type JsonObject,
  type ProcessOptions,
  ProcessRunnerToken,
  sequence,
  systemClock,
} from "@basalt/core";
import { FakeProcessRunner, fastClock, plannedNames, planOf, planText, runDeploy, runPlan } from "@basalt/testing";
import { expect, test } from "vitest";
import plugin from "./index.js";
import { xnbdServerDeploy } from "./xnbd-server.js";

const strategies = plugin.strategies ?? [];
const device: JsonObject = {
  hostname: "board-01",
  parameters: { bootz: { kernel: "0x1" } },
  actions: { deploy: { methods: { nbd: null } }, boot: { methods: { "u-boot": null } } },
};
const url = (name: string) => ({ url: `http://x/${name}` });
const block = {
  to: "nbd",
  nbdroot: url("root.ext4"),
  kernel: { ...url("vmlinuz"), type: "zimage" },
  dtb: url("b.dtb"),
  initrd: url("i.gz"),
  timeout: { minutes: 4 },
};

/** Runs until it is told to stop, as a server does. */
const serve = (_argv: readonly string[], { signal }: ProcessOptions) =>
  new Promise<never>((_resolve, reject) =>
    signal.addEventListener("abort", () => reject(signal.reason), { once: true }),
  );

const run = (port: JsonObject | undefined, runner: FakeProcessRunner, more: JsonObject = {}) =>
  runDeploy({
    strategies,
    device,
    block: { ...block, ...more },
    protocols: plugin.protocols ?? [],
    ...(port === undefined ? {} : { job: { protocols: { "lava-xnbd": port } } }),
    serves: Object.fromEntries(["root.ext4", "vmlinuz", "b.dtb", "i.gz"].map((name) => [`http://x/${name}`, name])),
    runner,
  });

test("the plan: a fixed order of downloads, whatever the job's", () => {
  const fetched = ["download-retry", "http-download"];
  expect(plannedNames({ actions: [{ deploy: block }], device, strategies })).toEqual([
    ...["nbd-deploy", ...fetched, ...fetched, ...fetched, ...fetched],
    ...["lava-overlay", "prepare-kernel", "uboot-prepare-kernel", "xnbd-server-deploy"],
  ]);
  const text = planText(
    planOf({ job: { timeouts: { job: { hours: 1 } }, actions: [{ deploy: block }] }, device, strategies }),
  );
  expect([...text.matchAll(/http:\/\/x\/(\S+)/g)].map(([, name]) => name)).toEqual([
    "i.gz",
    "vmlinuz",
    "b.dtb",
    "root.ext4",
  ]);
});

test("files for the device go to the TFTP server, the image is served from the job's folder; the server ends with the job", async () => {
  let ended = 0;
  const runner = new FakeProcessRunner().answer("nbd-server", (argv, options) =>
    serve(argv, options).finally(() => ended++),
  );
  const ran = await run({ port: 55_123 }, runner);
  expect(ran.outcome).toEqual({ result: "pass" });
  expect(runner.calls).toEqual([["nbd-server", "55123", "/jobs/1/1-nbd-deploy/nbdroot/root.ext4", "-d"]]);
  expect(ran.slot(NbdRootSlot)).toEqual({ serverIp: "10.0.0.1", port: 55_123 });
  expect(ran.slot(BootCommandSlot)).toBe("bootz");
  expect(ran.slot(TftpFolderSlot)).toEqual({ root: "/srv/tftp", folder: "/srv/tftp/1/nbd-deploy-1" });
  expect(ended).toBe(1);
  expect([...ran.files.files.keys()].filter((path) => path.startsWith("/srv/tftp"))).toEqual([]);
});

test("a server that ended with its client is started again: the device may reboot", async () => {
  let clients = 2;
  let again = (): void => {};
  const rebooted = new Promise<void>((resolve) => {
    again = resolve;
  });
  const runner = new FakeProcessRunner().answer("nbd-server", async (argv, options) => {
    if (clients-- === 0) again();
    if (clients < 0) return serve(argv, options);
    await systemClock.sleep(20, options);
    return { ms: 60_000 };
  });
  const reboot = defineAction({ name: "reboot", summary: "", run: () => rebooted });
  const ran = await runPlan(sequence("deploy", xnbdServerDeploy, reboot), {
    clock: fastClock(100),
    slots: [[downloadedSlot("nbdroot"), { path: "/root.ext4", url: "", sha256: "" }]],
    services: [[ProcessRunnerToken, runner]],
  });
  expect(ran.outcome).toEqual({ result: "pass" });
  expect(runner.calls).toHaveLength(3);
});

test("auto: a port of its range; another one where it is taken", async () => {
  let busy = 2;
  const runner = new FakeProcessRunner().answer("nbd-server", (argv, options) =>
    busy-- > 0 ? { code: 1, stderr: "Address already in use" } : serve(argv, options),
  );
  const ran = await run({ port: "auto" }, runner);
  expect(ran.outcome).toEqual({ result: "pass" });
  expect(runner.calls).toHaveLength(3);
  const port = ran.slot(NbdRootSlot)?.port ?? 0;
  expect(port).toBe(Number(runner.calls[2]?.[1]));
  expect(port >= 55_000 && port < 56_000).toBe(true);
});

test("a port of the job's choice is not left for another: the lab's fault, with the server's words", async () => {
  const runner = new FakeProcessRunner().answer("nbd-server", { code: 1, stderr: "Address already in use" });
  const { outcome } = await run({ port: 55_001 }, runner);
  expect(outcome).toMatchObject({
    error: { kind: "infrastructure", code: "ERR_NBD_SERVER", message: expect.stringContaining("already in use") },
  });
  expect(runner.calls).toHaveLength(1);
});

test("set_port asks the protocol for the port that the server then has", async () => {
  const runner = new FakeProcessRunner().answer("nbd-server", serve);
  const { outcome, log } = await run({ port: 55_002 }, runner, {
    protocols: { "lava-xnbd": [{ action: "nbd-deploy", request: "set_port" }] },
  });
  expect(outcome).toEqual({ result: "pass" });
  expect(log).toContainEqual({ level: "debug", message: "lava-xnbd: port 55002 for nbd-deploy" });
});

test("a worker without nbd-server is told what to install, before anything is fetched", async () => {
  const { outcome } = await run(undefined, new FakeProcessRunner());
  expect(outcome).toMatchObject({
    error: { code: "ERR_TOOL_MISSING", message: expect.stringContaining("package nbd-server") },
  });
});
