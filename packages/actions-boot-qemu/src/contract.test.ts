import { downloadedSlot, GuestDriveSlot, InstallationSlot } from "@basalt/actions-common";
import { AccelerationToken, ProcessRunnerToken, PtySpawnerToken } from "@basalt/core";
import {
  type BootContract,
  FakeProcessRunner,
  FakePtySpawner,
  pluginContract,
  ScriptedBoard,
  type ScriptStep,
} from "@basalt/testing";
import { test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import plugin from "./index.js";

const happy: readonly ScriptStep[] = [
  { say: "Linux version 6.1\r\nDebian GNU/Linux 12\r\nlogin: " },
  { hear: "root\n" },
  { say: "# " },
];
/** QEMU in a terminal: each start plays the next script. */
function qemu(...scripts: readonly (readonly ScriptStep[])[]) {
  const pty = FakePtySpawner.of(new ScriptedBoard(...scripts));
  return { consoles: pty, attempts: () => pty.spawned.length, services: [[PtySpawnerToken, pty] as const] };
}

const services = [
  [ProcessRunnerToken, new FakeProcessRunner().answer("qemu-system-x86_64")],
  [AccelerationToken, { kvm: async () => ({ usable: false, reason: "none here" }) }],
] as const;
const installs: readonly ScriptStep[] = [{ say: "Installing the base system\r\n" }, "unplug"];
/** The same, where the installer's QEMU ends by itself. */
function installer(...scripts: readonly (readonly ScriptStep[])[]) {
  const { consoles: pty } = qemu(...scripts);
  const spawn = async (argv: readonly string[]) => ({
    ...(await pty.spawn(argv)),
    exited: Promise.resolve({ code: 0 }),
  });
  return {
    consoles: pty,
    attempts: () => pty.spawned.filter((argv) => argv.includes("-no-reboot")).length,
    services: [[PtySpawnerToken, { spawn }] as const],
  };
}

const qemuBoot: BootContract = {
  device: {
    hostname: "qemu-01",
    constants: { "kernel-start-message": "Linux version [0-9]" },
    actions: { boot: { methods: { qemu: { parameters: { command: "qemu-system-x86_64", options: ["-m 512"] } } } } },
  },
  before: [{ deploy: { to: "fake", images: { kernel: { image_arg: "-kernel {kernel}" } } } }],
  job: { context: { arch: "amd64" } },
  block: { method: "qemu", prompts: ["# "], auto_login: { login_prompt: "login:", username: "root" } },
  slots: [
    [downloadedSlot("kernel"), { path: "/jobs/1/vmlinuz", url: "", sha256: "" }],
    [GuestDriveSlot, undefined],
  ],
  services,
  boards: {
    works: () => qemu(happy),
    silent: () => qemu([]),
    hangsOnce: () => qemu(happy.slice(0, 2), happy),
    drops: () => qemu([...happy.slice(0, 1), "unplug"]),
  },
};
const isoBoot: BootContract = {
  device: qemuBoot.device,
  block: { ...qemuBoot.block, method: "qemu-iso", media: "img", timeout: { minutes: 1 } },
  job: { context: { arch: "amd64" } },
  services,
  slots: [
    [InstallationSlot, { install: ["qemu-system-x86_64", "-no-reboot"], installed: ["qemu-system-x86_64"] }],
    [GuestDriveSlot, undefined],
  ],
  boards: {
    works: () => installer(installs, [...happy, { hear: "\n" }, { say: "# " }]),
    silent: () => installer([]),
    hangsOnce: () => installer([], installs, [...happy, { hear: "\n" }, { say: "# " }]),
    drops: () => installer(installs, [...happy.slice(0, 1), "unplug"]),
  },
};

const contract = pluginContract(plugin, { manifest, boot: [qemuBoot, isoBoot] });
for (const { name, skip, run } of contract) test.skipIf(skip)(`contract: ${name}`, run);
