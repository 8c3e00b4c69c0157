import {
  bootBootloader,
  bootloaderCommands,
  bootloaderInterrupt,
  bootloaderOf,
  bootloaderOverlay,
  connectDevice,
  loginPlan,
  resetDevice,
} from "@basalt/actions-common";
import {
  acceptIf,
  defineStrategy,
  hasMethod,
  type PlanNode,
  type PlanRequest,
  refused,
  retry,
  sequence,
} from "@basalt/core";
import { bareboxSchema, bootloaderSchema, ipxeSchema } from "./schema.js";

interface Names {
  readonly method: string;
  readonly outer: string;
  readonly inner: string;
}

/** `OUTER > [bootloader-overlay, connect-device, INNER > [RST, bootloader-interrupt, bootloader-commands, LOGIN]]`; the inner one is tried again. */
const typedBoot = (request: PlanRequest, { method, outer, inner }: Names): PlanNode =>
  sequence(
    outer,
    bootloaderOverlay(request, method),
    connectDevice(request),
    retry(
      inner,
      resetDevice(request.device),
      bootloaderInterrupt(method),
      bootloaderCommands(method),
      ...loginPlan(request, { bootloader: method }),
    ),
  );

/** `method: ipxe` (lava-dispatcher.md 7.2). */
export const ipxe = defineStrategy({
  section: "boot",
  method: "ipxe",
  compatibility: 1,
  schema: ipxeSchema,
  accepts: ({ device }) => acceptIf(hasMethod(device, "boot", "ipxe"), "the device lists no boot method 'ipxe'"),
  plan: (request) => typedBoot(request, { method: "ipxe", outer: "bootloader-action", inner: "bootloader-retry" }),
});

/** `method: barebox` (lava-dispatcher.md 7.2). */
export const barebox = defineStrategy({
  section: "boot",
  method: "barebox",
  compatibility: 1,
  schema: bareboxSchema,
  accepts({ device, block }) {
    if (block.params.commands === undefined) return refused("the block has no 'commands'");
    return acceptIf(hasMethod(device, "boot", "barebox"), "the device lists no boot method 'barebox'");
  },
  plan: (request) => typedBoot(request, { method: "barebox", outer: "barebox-action", inner: "barebox-retry" }),
});

/** `method: bootloader`: into the bootloader and no further (lava-dispatcher.md 7.2). */
export const bootloader = defineStrategy({
  section: "boot",
  method: "bootloader",
  compatibility: 4,
  schema: bootloaderSchema,
  accepts({ device, block }) {
    const name = bootloaderOf(block.params);
    if (name === "") return refused("the block has no 'bootloader'");
    return acceptIf(hasMethod(device, "boot", name), `the device lists no boot method '${name}'`);
  },
  plan: (request) =>
    retry("boot-bootloader-retry", bootloaderOverlay(request, bootloaderOf(request.params)), bootBootloader(request)),
});
