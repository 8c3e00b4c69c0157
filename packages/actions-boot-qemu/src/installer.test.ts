import { GuestDriveSlot, InstallationSlot } from "@basalt/actions-common";
import { AccelerationToken, type JsonObject, ProcessRunnerToken, PtySpawnerToken } from "@basalt/core";
import {
  FakeProcessRunner,
  FakePtySpawner,
  fakeTests,
  fastClock,
  planOf,
  planText,
  runPlan,
  ScriptedBoard,
  type ScriptStep,
} from "@basalt/testing";
import { expect, test } from "vitest";
import { bootQemuIso } from "./index.js";

const device: JsonObject = {
  hostname: "qemu-01",
  constants: { "kernel-start-message": "Linux version [0-9]" },
  actions: { boot: { methods: { qemu: { parameters: { command: "qemu-system-x86_64" } } } } },
};
const block: JsonObject = { method: "qemu-iso", media: "img", prompts: ["# "] };
const planned = (boot: JsonObject, tested = false) =>
  planOf({
    job: {
      job_name: "x",
      timeouts: { job: { minutes: 9 }, action: { minutes: 2 } },
      context: { arch: "amd64" },
      actions: [{ boot }, ...(tested ? [{ test: { definitions: [] } }] : [])],
    },
    device,
    strategies: [bootQemuIso, fakeTests],
  });

test.each([true, false])("the plan, tested: %s", (tested) => {
  const names = planText(planned(block, tested))
    .split("\n")
    .flatMap((line) => /^ *1[.\d]* (\S+)/.exec(line)?.[1] ?? []);
  expect(names).toEqual([
    ...["boot-installer-iso", "execute-installer-command", "monitor-installer-connection", "reboot-into-installed"],
    ...["auto-login-action", "login-action", "expect-shell-connection", "export-device-env"],
  ]);
});

test("a block that boots something else is refused with the reason", () => {
  expect(() => planned({ ...block, media: "tmpfs" })).toThrow("does not say 'media: img'");
});

const install = ["qemu-system-x86_64", "-accel", "kvm", "-no-reboot"];
async function run(installer: readonly ScriptStep[], code: number | undefined = 0, drive?: object) {
  const system: readonly ScriptStep[] = [{ say: "Linux version 6\r\n# " }, { hear: "\n" }, { say: "# " }];
  const pty = FakePtySpawner.of(new ScriptedBoard(installer, system));
  const spawn = async (argv: readonly string[]) => ({ ...(await pty.spawn(argv)), exited: Promise.resolve({ code }) });
  const ran = await runPlan(planned(block), {
    clock: fastClock(100),
    slots: [
      [InstallationSlot, { install, installed: ["qemu-system-x86_64", "-hda", "hd.qcow2"] }],
      [GuestDriveSlot, drive],
    ],
    services: [
      [PtySpawnerToken, { spawn }],
      [ProcessRunnerToken, new FakeProcessRunner().answer("qemu-system-x86_64")],
      [AccelerationToken, { kvm: async () => ({ usable: false, reason: "none here" }) }],
    ],
  });
  expect(pty.closed).toEqual(expect.arrayContaining(pty.opened));
  return { ...ran, spawned: pty.spawned.map((argv) => argv.join(" ")) };
}

test("the installer runs to its end, then the installed disk is started with the overlay's drive", async () => {
  const { outcome, spawned } = await run([{ say: "Installing\r\n" }, "unplug"], 0, {
    path: "/o",
    arguments: ["-drive", "file=/o"],
  });
  expect(outcome).toEqual({ result: "pass" });
  expect(spawned).toEqual([
    "qemu-system-x86_64 -accel tcg -no-reboot", // KVM does not work here
    "qemu-system-x86_64 -hda hd.qcow2 -drive file=/o",
  ]);
});

test.each([
  [
    "an installer that failed",
    [{ say: "[!!] Install the system\r\nInstallation step failed\r\n" }],
    0,
    "ERR_INSTALLER_FAILED",
    "job",
  ],
  ["a kernel that panics", [{ say: "Kernel panic - not syncing: VFS\r\n" }], 0, "ERR_INSTALLER_FAILED", "job"],
  [
    "a QEMU that refuses",
    [{ say: "-append only allowed with -kernel option\r\n" }, "unplug"],
    1,
    "ERR_QEMU_ENDED",
    "infrastructure",
  ],
] as const)("%s is told, and nothing more is started", async (_what, script, code, error, kind) => {
  const { outcome, spawned } = await run(script as readonly ScriptStep[], code);
  expect(outcome).toMatchObject({ action: "monitor-installer-connection", error: { code: error, kind } });
  expect(spawned).toHaveLength(1);
});

test("a silent installer runs into the time of the action that watches it", async () => {
  const { outcome } = await run([{ say: "Loading...\r\n" }]);
  expect(outcome).toMatchObject({ action: "monitor-installer-connection", error: { code: "ERR_ACTION_TIMEOUT" } });
});
