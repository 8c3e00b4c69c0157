import {
  bootloaderCommands,
  bootloaderFromMedia,
  bootloaderInterrupt,
  bootloaderOverlay,
  connectDevice,
  lineSeparatorOf,
  loginPlan,
  menuInterrupt,
  menuSelector,
  resetDevice,
} from "@basalt/actions-common";
import {
  acceptIf,
  asText,
  type Device,
  defineStrategy,
  dig,
  hasKey,
  hasMethod,
  type MaybeNode,
  methodOptions,
  type PlanRequest,
  refused,
  retry,
} from "@basalt/core";
import { installerPlan } from "./installer-wait.js";
import { grubSchema } from "./schema.js";

/** Whether the device boots by a sequence of steps instead. */
export const hasSequence = (device: Device): boolean => hasKey(methodOptions(device, "boot", "grub"), "sequence");

const options = (device: Device) => methodOptions(device, "boot", "grub-efi");

function resets({ params, device }: PlanRequest, method: string): boolean {
  if (params.reset === false) return false;
  return method !== "grub-efi" || options(device).reset_device !== false;
}

/** From the firmware's countdown to GRUB: the menu is that of `uefi-menu`, the way through it is named by `menu_options`. */
function menuPlan(device: Device): readonly MaybeNode[] {
  const name = asText(options(device).menu_options) ?? "";
  return [
    menuInterrupt("uefi-menu-interrupt", { method: "uefi-menu", prompt: "interrupt_prompt", keys: "interrupt_string" }),
    menuSelector("grub-efi-menu-selector", {
      method: "uefi-menu",
      steps: () => dig(methodOptions(device, "boot", "uefi-menu"), name),
      where: `'${name}' in actions.boot.methods.uefi-menu (menu_options of grub-efi)`,
      lineSeparator: lineSeparatorOf(options(device).line_separator),
    }),
  ];
}

/** `method: grub` and `grub-efi` (lava-dispatcher.md 7.2). */
export const grub = defineStrategy({
  section: "boot",
  method: ["grub", "grub-efi"],
  compatibility: 3,
  schema: grubSchema,
  accepts({ device }) {
    if (hasSequence(device)) return refused("the device boots GRUB by a sequence");
    return acceptIf(
      hasMethod(device, "boot", "grub") || hasMethod(device, "boot", "grub-efi"),
      "the device lists neither boot method 'grub' nor 'grub-efi'",
    );
  },
  plan(request) {
    const { params, device, block } = request;
    const method = asText(block.params.method) ?? "grub";
    return retry(
      "grub-main-action",
      bootloaderFromMedia(),
      bootloaderOverlay(request, method),
      connectDevice(request),
      resets(request, method) && resetDevice(device),
      ...(method === "grub-efi" ? menuPlan(device) : []),
      bootloaderInterrupt(method),
      bootloaderCommands(method),
      ...loginPlan(request, { bootloader: method }),
      ...installerPlan(params),
    );
  },
});
