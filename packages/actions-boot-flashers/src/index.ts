import {
  boardFilter,
  bootloaderInterrupt,
  connectDevice,
  resetDevice,
  waitDeviceBoardId,
  waitForPath,
  waitForUsbAction,
  waitUsbSerial,
} from "@basalt/actions-common";
import {
  acceptIf,
  asText,
  definePlugin,
  defineStrategy,
  hasKey,
  hasMethod,
  methodOptions,
  type PlanNode,
  type PlanRequest,
  powerFacts,
  refused,
  retry,
  type SelectionRequest,
  withTail,
} from "@basalt/core";
import { enterDfu, flashCmsis, flashDfu, flashJlink, flashOpenocd, flashPyocd, parametersOf } from "./flash-actions.js";
import { gdbCommands, runGdb } from "./gdb.js";
import { schemas } from "./schema.js";

type Method = keyof typeof schemas;

/** What most of them ask of a device: the method, and a board that USB can tell from others. */
const hasBoard =
  (method: Method) =>
  ({ device }: SelectionRequest) => {
    if (!hasMethod(device, "boot", method)) return refused(`the device lists no boot method '${method}'`);
    return acceptIf(hasKey(device.dictionary, "board_id"), "the device has no board_id");
  };

const flasher = (method: Method, plan: (request: PlanRequest) => PlanNode, accepts = hasBoard(method)) =>
  defineStrategy({ section: "boot", method, compatibility: 4, schema: schemas[method], accepts, plan });

const resetAndWait = ({ device }: PlanRequest, wait: PlanNode): readonly PlanNode[] =>
  powerFacts(device).reset ? [resetDevice(device), wait] : [];

const massDevice = waitForPath("wait-device-path", "the board's USB disk", (device) =>
  asText(parametersOf(device, "cmsis-dap").usb_mass_device),
);
const waitDfuDevice = waitForUsbAction("wait-dfu-device", boardFilter);

/** `method: cmsis-dap`. */
export const cmsisDap = flasher(
  "cmsis-dap",
  (request) =>
    retry(
      "boot-cmsis-retry",
      ...resetAndWait(request, massDevice),
      flashCmsis(request),
      parametersOf(request.device, "cmsis-dap").resets_after_flash !== false && waitUsbSerial,
      connectDevice(request),
    ),
  ({ device }) =>
    acceptIf(
      hasKey(device.dictionary, "board_id") && hasKey(parametersOf(device, "cmsis-dap"), "usb_mass_device"),
      "the device has no board_id, or no actions.boot.methods.cmsis-dap.parameters.usb_mass_device",
    ),
);

/** `method: pyocd`: two groups of one name, as LAVA has it. */
export const pyocd = flasher("pyocd", (request) => {
  const before = parametersOf(request.device, "pyocd").connect_before_flash === true;
  return retry(
    "boot-pyocd-image",
    retry(
      "boot-pyocd-image",
      ...resetAndWait(request, waitDeviceBoardId),
      before && connectDevice(request),
      flashPyocd(request),
      !before && connectDevice(request),
    ),
  );
});

/** `method: openocd`. */
export const openocd = flasher("openocd", (request) =>
  retry(
    "boot-openocd-image",
    ...resetAndWait(request, waitDeviceBoardId),
    connectDevice(request),
    flashOpenocd(request),
  ),
);

/** `method: jlink`. */
export const jlink = flasher("jlink", (request) =>
  retry("boot-jlink-image", ...resetAndWait(request, waitDeviceBoardId), connectDevice(request), flashJlink(request)),
);

/** `method: dfu`. */
export const dfu = flasher("dfu", (request) => {
  const { device } = request;
  return retry(
    "boot-dfu-retry",
    connectDevice(request),
    resetDevice(device),
    methodOptions(device, "boot", "dfu").implementation === "u-boot" && bootloaderInterrupt("u-boot"),
    enterDfu,
    waitDfuDevice,
    flashDfu(request),
  );
});

/** `method: gdb`. */
export const gdb = flasher(
  "gdb",
  (request) =>
    retry(
      "boot-gdb",
      withTail(
        runGdb(request),
        retry(
          "boot-gdb-retry",
          powerFacts(request.device).reset && resetDevice(request.device),
          waitUsbSerial,
          connectDevice(request),
        ),
      ),
    ),
  ({ device, block: { params } }) =>
    acceptIf(
      Object.keys(gdbCommands({ device, params })).length > 0,
      `the device has no gdb commands named '${asText(params.commands) ?? ""}'`,
    ),
);

export default definePlugin({
  name: "@basalt/actions-boot-flashers",
  strategies: [cmsisDap, pyocd, openocd, jlink, dfu, gdb],
});
