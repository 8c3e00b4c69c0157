import { qemuProgram } from "@basalt/actions-common";
import {
  type Acceleration,
  type ActionContext,
  asText,
  asTexts,
  type Console,
  configurationError,
  type Device,
  dig,
  infrastructureError,
  type Job,
  jobError,
  openConsole,
  type ProcessRunner,
  type PtyProcess,
  type PtySpawner,
} from "@basalt/core";
import { asksForKvm, chooseAcceleration } from "./acceleration.js";

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

export interface Machine {
  readonly device: Device;
  readonly job: Job;
  /** The boot method whose parameters the device gives. */
  readonly method: string;
  readonly runner: ProcessRunner;
  /** QEMU is a container's: docker is what this worker needs. */
  readonly inContainer?: boolean;
}

/** What must be right before a machine can start: its architecture, and that there is a QEMU. */
export async function checkMachine({ device, job, method, runner, inContainer = false }: Machine): Promise<void> {
  checkArchitecture(device, asText(job.context.arch));
  const program = qemuProgram(device, method);
  if (program === undefined)
    throw configurationError(
      "ERR_DEVICE_INVALID",
      `device ${device.hostname} names no QEMU: actions.boot.methods.${method}.parameters.command is missing`,
    );
  const wanted = inContainer ? "docker" : (program.split(/\s+/)[0] ?? program);
  if ((await runner.find(wanted)) === undefined)
    throw infrastructureError(
      "ERR_TOOL_MISSING",
      `${wanted} is not installed on this worker${wanted.startsWith("qemu") ? ": install Debian's package qemu-system" : ""}`,
    );
}

export interface StartQemu {
  readonly pty: PtySpawner;
  readonly acceleration: Acceleration;
  /** The same command line where it is to run; on this worker if absent. */
  inPlace?(argv: readonly string[]): readonly string[];
}

/** Starts QEMU in a pty, with KVM only where that works: its serial port is the console. It ends when the attempt fails or the job ends. */
export async function startQemu(
  plain: readonly string[],
  { pty, acceleration, inPlace = (argv) => argv }: StartQemu,
  ctx: ActionContext,
): Promise<{ readonly console: Console } & Pick<PtyProcess, "exited">> {
  const kvm = asksForKvm(plain)
    ? await acceleration.kvm({ signal: ctx.signal })
    : { usable: false, reason: "not asked for" };
  const { argv, note } = chooseAcceleration(plain, kvm);
  ctx.log.info(note);
  const full = inPlace(argv);
  ctx.log.info(`starting ${full.join(" ")}`);
  const machine = await pty.spawn(full, {});
  return { console: openConsole(machine, ctx, { settleMs: 2 }), exited: machine.exited };
}
