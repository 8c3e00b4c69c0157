import { posix } from "node:path";
import {
  type ActionContext,
  type AnyAction,
  asObject,
  asText,
  type Device,
  defineAction,
  dig,
  hasKey,
  hasMethod,
  jobError,
  type PlanNode,
  type PlanRequest,
  ProcessRunnerToken,
  sequence,
} from "@basalt/core";
import { BootCommandSlot } from "../bootloader/boot-slots.js";
import { runTool } from "../run-tool.js";
import { downloadedSlot } from "../slots.js";
import { prepareFit } from "./prepare-fit.js";

/** The U-Boot command for a kernel's type: what the device has addresses for (lava-dispatcher.md 3.14). */
export function bootCommandFor(type: string, device: Device): string {
  const parameters = device.dictionary.parameters;
  const has = (command: string): boolean => hasKey(parameters, command);
  if (type === "zimage" && has("bootz")) return "bootz";
  if (type === "image" && has("booti")) return "booti";
  if (type === "uimage" || type === "zimage" || type === "image") return "bootm";
  throw jobError("ERR_KERNEL_TYPE", `kernel.type '${type}' is not known: expected image, zimage or uimage`);
}

/** `bootm` wants U-Boot's header; other commands take the kernel as it is. */
const needsHeader = (type: string, command: string): boolean => command === "bootm" && type !== "uimage";

async function withHeader(
  path: string,
  device: Device,
  ctx: ActionContext,
  run: (argv: readonly string[]) => Promise<unknown>,
): Promise<string> {
  const deploy = dig(device.dictionary, "actions", "deploy", "parameters");
  const arch = asText(dig(deploy, "mkimage_arch")) ?? "arm";
  const address =
    asText(dig(device.dictionary, "parameters", "load_address")) ??
    asText(dig(device.dictionary, "parameters", "bootm", "kernel"));
  if (address === undefined)
    throw jobError(
      "ERR_LOAD_ADDRESS",
      `device ${device.hostname} names no load address for a kernel with U-Boot's header (parameters.load_address)`,
    );
  const target = posix.join(posix.dirname(path), "uImage");
  const entry = dig(deploy, "use_xip") === true ? `0x${(Number(address) + 64).toString(16)}` : address;
  await run([
    "mkimage",
    "-A",
    arch,
    "-O",
    "linux",
    "-T",
    "kernel",
    "-C",
    "none",
    "-a",
    address,
    "-e",
    entry,
    "-d",
    path,
    target,
  ]);
  ctx.log.info("added U-Boot's header to the kernel");
  return target;
}

/** Finds the U-Boot command for the kernel and gives it the header that the command wants. */
export const ubootPrepareKernel: AnyAction = defineAction({
  name: "uboot-prepare-kernel",
  summary: "make the kernel ready for U-Boot",
  reads: { kernel: downloadedSlot("kernel") },
  needs: { runner: ProcessRunnerToken },
  writes: { kernel: downloadedSlot("kernel"), command: BootCommandSlot },
  async run({ kernel, runner }, ctx) {
    const { device } = ctx.job;
    const type = (asText(asObject(ctx.parameters.kernel).type) ?? "").toLowerCase();
    const command = bootCommandFor(type, device);
    if (!needsHeader(type, command)) return { kernel, command };
    const path = await withHeader(kernel.path, device, ctx, (argv) => runTool(runner, argv, ctx));
    return { kernel: { ...kernel, path }, command };
  },
});

/** `prepare-kernel` with what the device's bootloader needs; nothing below it for others. */
export function prepareKernel({ device }: Pick<PlanRequest, "device">): PlanNode {
  if (hasMethod(device, "boot", "u-boot")) return sequence("prepare-kernel", ubootPrepareKernel);
  if (hasMethod(device, "boot", "depthcharge")) return sequence("prepare-kernel", prepareFit);
  return sequence("prepare-kernel");
}
