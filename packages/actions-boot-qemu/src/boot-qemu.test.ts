import { downloadedSlot, GuestDriveSlot } from "@basalt/actions-common";
import {
  AccelerationToken,
  type JsonObject,
  ProcessRunnerToken,
  type PtyProcess,
  PtySpawnerToken,
  toDevice,
  toJob,
} from "@basalt/core";
import { FakeProcessRunner, planOf, planText, runPlan, virtualSerial } from "@basalt/testing";
import { expect, test } from "vitest";
import { executeQemu } from "./execute-qemu.js";
import { bootQemu } from "./index.js";
import { deployedImages, qemuCommand } from "./qemu-command.js";

const device: JsonObject = {
  hostname: "qemu-01",
  available_architectures: ["amd64", "arm64"],
  actions: {
    boot: {
      methods: {
        qemu: {
          parameters: {
            command: "qemu-system-x86_64",
            options: ["-m 512", '-append "console=ttyS0 quiet"', "-accel kvm"],
            extra: ["-smp 2"],
          },
        },
      },
    },
  },
};
const deploy = {
  deploy: {
    to: "tmpfs",
    images: {
      kernel: { image_arg: "-kernel {kernel}" },
      disk: { image_arg: "-drive format=raw,file={disk},id={unknown}" },
    },
  },
};
const job: JsonObject = {
  job_name: "x",
  timeouts: { job: { minutes: 10 }, action: { minutes: 2 } },
  context: { arch: "amd64" },
  actions: [deploy, { boot: { method: "qemu" } }],
};

const file = (path: string) => ({ path, url: `http://x${path}`, sha256: "" });

test("the command line: options split as a shell would, images in place, then the overlay's drive", () => {
  const images = deployedImages(toJob(job), 1, "common");
  const argv = qemuCommand({
    device: toDevice(device),
    method: "qemu",
    images: images.map((image) => ({ ...image, file: file(`/job/${image.key}`) })),
    drive: { path: "/job/guest.ext2", arguments: ["-drive", "file=/job/guest.ext2"] },
  });
  expect(argv).toEqual([
    "qemu-system-x86_64",
    ...["-m", "512", "-append", "console=ttyS0 quiet", "-accel", "kvm", "-smp", "2"],
    ...["-kernel", "/job/kernel", "-drive", "format=raw,file=/job/disk,id={unknown}"],
    ...["-drive", "file=/job/guest.ext2"],
  ]);
});

test("qemu-nfs: the root file system's address is put into the kernel's arguments", () => {
  const parameters = {
    command: "qemu-system-aarch64",
    append: { console: "ttyAMA0", nfsrootargs: "nfsroot={NFS_SERVER_IP}:{NFSROOTFS},tcp,hard", ipargs: "ip=dhcp" },
  };
  const argv = qemuCommand({
    device: toDevice({ actions: { boot: { methods: { "qemu-nfs": { parameters } } } } }),
    method: "qemu-nfs",
    images: [],
    drive: undefined,
    nfs: { serverIp: "10.0.2.2", path: "/srv/root" },
  });
  expect(argv.slice(1)).toEqual([
    "--append",
    "console=ttyAMA0 root=/dev/nfs nfsroot=10.0.2.2:/srv/root,tcp,hard rw ip=dhcp",
  ]);
});

test("images are those of the last deploy before the boot, in the boot's namespace", () => {
  const other = { deploy: { to: "tmpfs", namespace: "other", images: { wrong: {} } } };
  const later = { deploy: { to: "tmpfs", images: { later: {} } } };
  const two = toJob({ ...job, actions: [deploy, other, { boot: { method: "qemu" } }, later] });
  expect(deployedImages(two, 2, "common").map(({ key }) => key)).toEqual(["kernel", "disk"]);
});

test("the plan", () => {
  const params = { method: "qemu", failure_retry: 2, prompts: ["# "], timeout: { minutes: 4 } };
  const plan = planOf({
    job: { ...job, actions: [deploy, { boot: params }].slice(1) },
    device,
    strategies: [bootQemu],
  });
  expect(planText(plan)).toBe(
    [
      "1 boot-image-retry 4m x2",
      "  1.1 boot-qemu-image 2m x2",
      "    1.1.1 execute-qemu 1m",
      "  1.2 auto-login-action 2m x2",
      "    1.2.1 login-action 1m",
      "2 finalize 2m",
      "  2.1 power-off 2m",
      "  2.2 read-feedback 2m",
      "",
    ].join("\n"),
  );
});

interface Spawned {
  readonly argv: readonly string[];
  ended: number;
}

function fakePty(spawned: Spawned[]) {
  return {
    async spawn(argv: readonly string[]): Promise<PtyProcess> {
      const { host } = virtualSerial();
      const entry: Spawned = { argv, ended: 0 };
      spawned.push(entry);
      return {
        ...host,
        pid: 1,
        exited: new Promise(() => {}),
        async [Symbol.asyncDispose]() {
          entry.ended++;
        },
      };
    },
  };
}

const run = (
  context: JsonObject,
  more: { readonly kvm?: boolean; readonly docker?: JsonObject; readonly runner?: FakeProcessRunner } = {},
) => {
  const spawned: Spawned[] = [];
  const params = { method: "qemu", ...(more.docker ? { docker: more.docker } : {}) };
  const [, boot] = toJob({ ...job, context, actions: [deploy, { boot: params }] }).blocks;
  if (!boot) throw new Error("no boot block");
  const runnable = executeQemu(
    {
      job: toJob({ ...job, context, actions: [deploy, { boot: params }] }),
      block: boot,
      device: toDevice(device),
      params,
    } as never,
    "qemu",
  );
  const ran = runPlan(runnable, {
    device,
    job: { context },
    slots: [
      [downloadedSlot("kernel"), file("/job/kernel/vmlinuz")],
      [downloadedSlot("disk"), file("/job/disk/disk.img")],
      [GuestDriveSlot, undefined],
    ],
    services: [
      [PtySpawnerToken, fakePty(spawned)],
      [ProcessRunnerToken, more.runner ?? new FakeProcessRunner().answer("qemu-system-x86_64").answer("docker")],
      [AccelerationToken, { kvm: async () => ({ usable: more.kvm === true, reason: "the probe's guest hung" }) }],
    ],
  });
  return ran.then((result) => ({ ...result, spawned }));
};

test("QEMU runs under TCG where KVM does not work, says so, and is ended with the job", async () => {
  const { outcome, spawned, log } = await run({ arch: "amd64" });
  expect(outcome).toEqual({ result: "pass" });
  expect(spawned[0]?.argv).toContain("tcg");
  expect(spawned[0]?.argv).not.toContain("kvm");
  expect(log.map(({ message }) => message)).toContainEqual(
    expect.stringContaining("TCG, because KVM is not usable here: the probe's guest hung"),
  );
  expect(spawned[0]?.ended).toBe(1);
});

test("KVM stays where the probe says it works", async () => {
  const { spawned } = await run({ arch: "amd64" }, { kvm: true });
  expect(spawned[0]?.argv).toContain("kvm");
});

test.each([
  [{}, "ERR_ARCH_MISSING"],
  [{ arch: "vax" }, "ERR_ARCH_UNKNOWN"],
])("context %j is refused before QEMU starts", async (context, code) => {
  const { outcome, spawned } = await run(context);
  expect(outcome).toMatchObject({
    result: "fail",
    error: { kind: "job", message: expect.stringContaining(code === "ERR_ARCH_MISSING" ? "arch" : "vax") },
  });
  expect(spawned).toEqual([]);
});

test("a worker without QEMU is told what to install", async () => {
  const { outcome } = await run({ arch: "amd64" }, { runner: new FakeProcessRunner() });
  expect(outcome).toMatchObject({
    error: { kind: "infrastructure", code: "ERR_TOOL_MISSING", message: expect.stringContaining("qemu-system") },
  });
});

test("in a container: the job's folders where they are, and another binary", async () => {
  const { spawned } = await run(
    { arch: "amd64" },
    { docker: { image: "debian:12", binary: "qemu-custom", local: true } },
  );
  const argv = spawned[0]?.argv ?? [];
  expect(argv.slice(0, 3)).toEqual(["docker", "run", "--rm"]);
  expect(argv).toContain("--pull=never");
  expect(argv).toContain("type=bind,source=/job/disk,destination=/job/disk");
  expect(argv.slice(argv.indexOf("debian:12"), argv.indexOf("debian:12") + 2)).toEqual(["debian:12", "qemu-custom"]);
});
