import {
  autoLogin,
  enterFastboot,
  expectShellConnection,
  exportDeviceEnv,
  fastbootEntry,
  fastbootReboot,
  loginPlan,
  overlayUnpack,
  preOsCommand,
  readDocker,
  waitFastbootDevice,
} from "@basalt/actions-common";
import {
  asObject,
  asTexts,
  definePlugin,
  defineStrategy,
  dig,
  type MaybeNode,
  type PlanRequest,
  powerFacts,
  retry,
  withTail,
} from "@basalt/core";
import { adbInDocker, adbOverlayUnpack, connectAdb } from "./adb.js";
import { bootCommands, bootFastboot } from "./boot-actions.js";
import { fastbootSchema } from "./schema.js";

/** What an item of the device's boot sequence does (lava-dispatcher.md 7.2); an unknown one only waits for the board. */
function itemPlan(item: string, request: PlanRequest): MaybeNode {
  const { params } = request;
  const items: Readonly<Record<string, () => MaybeNode>> = {
    boot: () => bootFastboot(params),
    "no-flash-boot": () => bootFastboot(params),
    reboot: () => fastbootReboot("fastboot-reboot", params),
    "auto-login": () => autoLogin(request),
    "overlay-unpack": () => overlayUnpack(asObject(params.transfer_overlay)),
    "shell-session": () => expectShellConnection,
    "export-env": () => exportDeviceEnv,
  };
  return Object.hasOwn(items, item) ? items[item]?.() : undefined;
}

function tailPlan(request: PlanRequest): readonly MaybeNode[] {
  if (powerFacts(request.device).reset) return [preOsCommand, ...loginPlan(request)];
  return readDocker(request.params.docker) ? [] : [connectAdb, adbOverlayUnpack];
}

/** `method: fastboot`. */
export const fastboot = defineStrategy({
  section: "boot",
  method: "fastboot",
  compatibility: 1,
  schema: fastbootSchema,
  plan(request) {
    const { device, params } = request;
    const items = asTexts(dig(device.dictionary, "actions", "boot", "methods", "fastboot"));
    const plan = retry(
      "fastboot-boot",
      asTexts(params.commands).length > 0 && bootCommands(params),
      ...fastbootEntry(request, { withoutReset: [waitFastbootDevice(params), enterFastboot(params)] }),
      ...items.flatMap((item) => [waitFastbootDevice(params), itemPlan(item, request)]),
      ...tailPlan(request),
    );
    const viaDocker = readDocker(params.docker) !== undefined && !powerFacts(device).reset;
    return viaDocker && request.namespace.hasShell ? withTail(adbInDocker, plan) : plan;
  },
});

export default definePlugin({ name: "@basalt/actions-boot-fastboot", strategies: [fastboot] });
