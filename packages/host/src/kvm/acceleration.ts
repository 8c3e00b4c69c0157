import { constants } from "node:fs";
import { access, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Acceleration, type Clock, isJsonObject, type ProcessRunner } from "@basalt/core";
import { guestExitStatus, guestImage } from "./guest.js";

interface Answer {
  readonly usable: boolean;
  readonly reason: string;
}

export interface AccelerationOptions {
  readonly runner: ProcessRunner;
  readonly clock: Clock;
  /** Where the answer is kept until the machine boots again. */
  readonly cacheFolder: string;
  /** `kvm`; tests probe with `tcg`, which takes the same way. */
  readonly accelerator?: string;
  /** Device node that must be open to us. */
  readonly device?: string;
  /** A working KVM takes a tenth of a second. */
  readonly limitMs?: number;
}

const program = "qemu-system-x86_64";

function probeCommand(qemu: string, accelerator: string, firmware: string): readonly string[] {
  const machine = [
    "-accel",
    accelerator,
    "-machine",
    "pc",
    "-m",
    "16",
    "-nodefaults",
    "-display",
    "none",
    "-no-reboot",
  ];
  return [qemu, ...machine, "-device", "isa-debug-exit,iobase=0xf4,iosize=1", "-bios", firmware];
}

/** Boots the guest and sees whether it comes to its end. */
async function boot(qemu: string, options: Required<AccelerationOptions>, signal: AbortSignal): Promise<Answer> {
  const { runner, clock, accelerator, limitMs } = options;
  const folder = await mkdtemp(join(tmpdir(), "basalt-kvm-"));
  const firmware = join(folder, "guest.bin");
  using deadline = clock.deadline(limitMs, "the probe of KVM");
  try {
    await writeFile(firmware, guestImage());
    const { code, endedBy, stderr } = await runner.run(probeCommand(qemu, accelerator, firmware), {
      signal: AbortSignal.any([signal, deadline.signal]),
    });
    if (code === guestExitStatus) return { usable: true, reason: "a probe guest ran under it" };
    const said = stderr.trim().split("\n").at(-1) ?? "";
    return { usable: false, reason: `QEMU ended with ${endedBy ?? `status ${code}`}${said === "" ? "" : `: ${said}`}` };
  } catch (error) {
    signal.throwIfAborted();
    if (!deadline.signal.aborted) throw error;
    return {
      usable: false,
      reason: `a probe guest hung: it did not get through long mode, paging and timer interrupts within ${limitMs / 1000} s`,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What an answer holds for: this boot of the machine and this QEMU. */
async function identityOf(qemu: string): Promise<string> {
  const bootId = await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => "");
  const { mtimeMs, size } = await stat(qemu);
  return [bootId.trim(), qemu, mtimeMs, size].join(" ");
}

async function readAnswer(path: string, identity: string): Promise<Answer | undefined> {
  try {
    const kept: unknown = JSON.parse(await readFile(path, "utf8"));
    if (!isJsonObject(kept) || kept.identity !== identity || typeof kept.usable !== "boolean") return undefined;
    return { usable: kept.usable, reason: String(kept.reason) };
  } catch {
    return undefined;
  }
}

/** Best effort: an answer that can't be kept is asked for again. */
async function keepAnswer(path: string, identity: string, answer: Answer): Promise<void> {
  const draft = `${path}.${process.pid}`;
  try {
    await mkdir(join(path, ".."), { recursive: true });
    await writeFile(draft, JSON.stringify({ identity, ...answer }));
    await rename(draft, path);
  } catch {
    await rm(draft, { force: true }).catch(() => {});
  }
}

async function probe(options: Required<AccelerationOptions>, signal: AbortSignal): Promise<Answer> {
  const { runner, device, cacheFolder, accelerator } = options;
  // an arm64 host would need a guest of its own; emulation is always right
  if (process.arch !== "x64") return { usable: false, reason: `there is no probe guest for ${process.arch} yet` };
  const absent = await access(device, constants.R_OK | constants.W_OK).then(
    () => undefined,
    (error: NodeJS.ErrnoException) => (error.code === "ENOENT" ? "does not exist" : "is not open to this user"),
  );
  if (absent !== undefined) return { usable: false, reason: `${device} ${absent}` };
  const qemu = await runner.find(program);
  if (qemu === undefined) return { usable: false, reason: `${program} is not installed` };
  const path = join(cacheFolder, `${accelerator}.json`);
  const identity = await identityOf(qemu);
  const kept = await readAnswer(path, identity);
  if (kept) return kept;
  const answer = await boot(qemu, options, signal);
  await keepAnswer(path, identity, answer);
  return answer;
}

/**
 * Tells whether KVM works, by booting a guest of 429 bytes under it: in machines that are virtual themselves /dev/kvm may be there, take a
 * guest's first steps, and then hang its kernel. The answer is kept in the cache folder for this boot of the machine.
 */
export function acceleration(options: AccelerationOptions): Acceleration {
  const settings = { accelerator: "kvm", device: "/dev/kvm", limitMs: 3_000, ...options };
  return { kvm: ({ signal }) => probe(settings, signal) };
}
