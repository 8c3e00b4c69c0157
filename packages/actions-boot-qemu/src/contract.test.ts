import { downloadedSlot, GuestDriveSlot } from "@basalt/actions-common";
import { AccelerationToken, ProcessRunnerToken, PtySpawnerToken } from "@basalt/core";
import { FakeProcessRunner, FakePtySpawner, pluginContract, ScriptedBoard, type ScriptStep } from "@basalt/testing";
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

const contract = pluginContract(plugin, {
  manifest,
  boot: {
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
    services: [
      [ProcessRunnerToken, new FakeProcessRunner().answer("qemu-system-x86_64")],
      [AccelerationToken, { kvm: async () => ({ usable: false, reason: "none here" }) }],
    ],
    boards: {
      works: () => qemu(happy),
      silent: () => qemu([]),
      hangsOnce: () => qemu(happy.slice(0, 2), happy),
      drops: () => qemu([...happy.slice(0, 1), "unplug"]),
    },
  },
});
for (const { name, skip, run } of contract) test.skipIf(skip)(`contract: ${name}`, run);
