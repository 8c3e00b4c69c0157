import { type Downloaded, downloadedSlot, GuestDriveSlot, NfsRootSlot, SessionSlot } from "@basalt/actions-common";
import {
  AccelerationToken,
  type AnySlot,
  asObject,
  asText,
  asTexts,
  configurationError,
  type Device,
  defineAction,
  dig,
  infrastructureError,
  jobError,
  openConsole,
  optional,
  type PlanRequest,
  ProcessRunnerToken,
  PtySpawnerToken,
} from "@basalt/core";
import { asksForKvm, chooseAcceleration } from "./acceleration.js";
import { inDocker } from "./docker.js";
import { deployedImages, qemuCommand } from "./qemu-command.js";

function checkArchitecture(device: Device, arch: string | undefined): void {
  const known = asTexts(dig(device.dictionary, "available_architectures"));
  if (arch === undefined)
    throw jobError(
      "ERR_ARCH_MISSING",
      "boot method qemu needs the machine's architecture: add 'arch' to the job's context",
    );
  if (known.length > 0 && !known.includes(arch))
    throw jobError("ERR_ARCH_UNKNOWN", `context arch '${arch}' is not one of the device's: ${known.join(", ")}`);
}

/** Starts QEMU in a pty: its serial port is the console. It is ended, with all it started, when the attempt fails or the job ends. */
export function executeQemu(request: PlanRequest, method: string) {
  const { job, block, device, params } = request;
  const images = deployedImages(job, block.index, block.namespace);
  const reads: Record<string, AnySlot> = Object.fromEntries(
    images.map(({ key }) => [`image:${key}`, downloadedSlot(key)]),
  );
  const docker = asObject(params.docker);
  const usesDocker = Object.keys(docker).length > 0;
  const program = asTexts(dig(device.dictionary, "actions", "boot", "methods", method, "parameters", "command"))[0];
  return defineAction({
    name: "execute-qemu",
    summary: "start QEMU",
    reads: { ...reads, drive: optional(GuestDriveSlot), nfs: optional(NfsRootSlot) },
    needs: { pty: PtySpawnerToken, runner: ProcessRunnerToken, acceleration: AccelerationToken },
    writes: { session: SessionSlot },
    async validate({ runner }) {
      checkArchitecture(device, asText(job.context.arch));
      if (program === undefined)
        throw configurationError(
          "ERR_DEVICE_INVALID",
          `device ${device.hostname} names no QEMU: actions.boot.methods.${method}.parameters.command is missing`,
        );
      const wanted = usesDocker ? "docker" : (program.split(/\s+/)[0] ?? program);
      if ((await runner.find(wanted)) === undefined)
        throw infrastructureError(
          "ERR_TOOL_MISSING",
          `${wanted} is not installed on this worker${wanted.startsWith("qemu") ? ": install Debian's package qemu-system" : ""}`,
        );
    },
    async run({ pty, acceleration, drive, nfs, ...values }, ctx) {
      const files = values as unknown as Readonly<Record<string, Downloaded>>;
      const binary = asText(docker.binary);
      const plain = qemuCommand({
        device,
        method,
        images: images.map((image) => ({ ...image, file: files[`image:${image.key}`] as Downloaded })),
        drive,
        nfs: method === "qemu-nfs" ? nfs : undefined,
        ...(binary === undefined ? {} : { binary }),
      });
      const kvm = asksForKvm(plain)
        ? await acceleration.kvm({ signal: ctx.signal })
        : { usable: false, reason: "not asked for" };
      const { argv, note } = chooseAcceleration(plain, kvm);
      ctx.log.info(note);
      const full = usesDocker ? inDocker(argv, docker, ctx) : argv;
      ctx.log.info(`starting ${full.join(" ")}`);
      const console = openConsole(await pty.spawn(full, {}), ctx, { settleMs: 2 });
      return { session: { console, prompts: [], lineSeparator: "\n" } };
    },
  });
}
