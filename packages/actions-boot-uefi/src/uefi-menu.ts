import {
  autoLogin,
  bootloaderOverlay,
  connectDevice,
  exportDeviceEnv,
  lineSeparatorOf,
  menuInterrupt,
  menuSelector,
  methodParameters,
  resetDevice,
  SessionSlot,
} from "@basalt/actions-common";
import {
  accepted,
  asText,
  defineAction,
  defineStrategy,
  dig,
  hasKey,
  hasMethod,
  methodOptions,
  refused,
  retry,
} from "@basalt/core";
import { uefiMenuSchema } from "./schema.js";

const method = "uefi-menu";
const needed = ["interrupt_prompt", "interrupt_string"];

/** From here on it is Linux that hears what is typed. */
const menuReset = defineAction({
  name: "menu-reset",
  summary: "type as a shell wants it again",
  reads: { session: SessionSlot },
  writes: { session: SessionSlot },
  run: async ({ session }) => ({ session: { ...session, lineSeparator: "\n" } }),
});

/** `method: uefi-menu`: an entry of the firmware's menu (lava-dispatcher.md 7.2). */
export const uefiMenu = defineStrategy({
  section: "boot",
  method,
  compatibility: 1,
  schema: uefiMenuSchema,
  accepts({ device }) {
    if (!hasMethod(device, "boot", method)) return refused("the device lists no boot method 'uefi-menu'");
    const missing = needed.filter((key) => !hasKey(methodParameters(device, method), key));
    return missing.length === 0
      ? accepted
      : refused(`the device's uefi-menu lacks the parameters ${missing.join(", ")}`);
  },
  plan(request) {
    const { params, device } = request;
    const name = asText(params.commands) ?? "";
    // fastboot's own deploy has reset the device and holds its console
    const alreadyThere = name.includes("fastboot");
    const separator = params.line_separator ?? methodParameters(device, method).line_separator;
    return retry(
      "uefi-menu-action",
      bootloaderOverlay(request, method, {
        name: "uefi-commands",
        commands: [],
        values: { TEST_MENU_NAME: `LAVA ${name.toUpperCase()} Test Image` },
      }),
      !alreadyThere && connectDevice(request, "menu-connect"),
      !alreadyThere && resetDevice(device),
      menuInterrupt("uefi-menu-interrupt", { method, prompt: "interrupt_prompt", keys: "interrupt_string" }),
      menuSelector("uefi-menu-selector", {
        method,
        steps: () => dig(methodOptions(device, "boot", method), name),
        where: `'${name}' in actions.boot.methods.uefi-menu`,
        lineSeparator: lineSeparatorOf(separator),
      }),
      menuReset,
      autoLogin(request),
      exportDeviceEnv,
    );
  },
});
