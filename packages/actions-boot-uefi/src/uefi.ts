import {
  bootloaderCommands,
  bootloaderOverlay,
  connectDevice,
  loginPlan,
  menuInterrupt,
  menuSelector,
  methodParameters,
  resetDevice,
} from "@basalt/actions-common";
import {
  accepted,
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
import { uefiSchema } from "./schema.js";

const method = "uefi";
const needed = ["shell_interrupt_string", "shell_interrupt_prompt", "bootloader_prompt"];

/** The block's `shell_menu`, else the device's; empty or no text means that there is none (lava-dispatcher.md, appendix B 9). */
function shellMenu({ params, device }: PlanRequest): string {
  const value = hasKey(params, "shell_menu") ? params.shell_menu : methodParameters(device, method).shell_menu;
  return typeof value === "string" ? value : "";
}

function menuPlan(device: Device, name: string): readonly MaybeNode[] {
  if (name === "") return [];
  return [
    menuInterrupt("uefi-shell-menu-interrupt", { method, prompt: "interrupt_prompt", keys: "interrupt_string" }),
    menuSelector("uefi-shell-menu-selector", {
      method,
      steps: () => dig(methodOptions(device, "boot", method), name),
      where: `'${name}' in actions.boot.methods.uefi`,
      prompt: "menu_prompt",
      lineSeparator: asText(methodParameters(device, method).line_separator) === "unix" ? "\n" : "\r\n",
    }),
  ];
}

/** `method: uefi`: the firmware's own shell (lava-dispatcher.md 7.2). */
export const uefi = defineStrategy({
  section: "boot",
  method,
  compatibility: 3,
  schema: uefiSchema,
  accepts({ device }) {
    if (!hasMethod(device, "boot", method)) return refused("the device lists no boot method 'uefi'");
    const missing = needed.filter((key) => !hasKey(methodParameters(device, method), key));
    return missing.length === 0 ? accepted : refused(`the device's uefi lacks the parameters ${missing.join(", ")}`);
  },
  plan: (request) =>
    retry(
      "uefi-shell-main-action",
      bootloaderOverlay(request, method),
      connectDevice(request, "menu-connect"),
      resetDevice(request.device),
      ...menuPlan(request.device, shellMenu(request)),
      menuInterrupt("uefi-shell-interrupt", {
        method,
        prompt: "shell_interrupt_prompt",
        keys: "shell_interrupt_string",
      }),
      bootloaderCommands(method, { lineSeparator: "\r\n" }),
      ...loginPlan(request, { bootloader: method }),
    ),
});
