import { posix } from "node:path";
import {
  autoLogin,
  connectDevice,
  disconnectDevice,
  downloadPlan,
  expectShellConnection,
  exportDeviceEnv,
  labelledDisk,
  readDownload,
  resetDevice,
  waitForPath,
  waitUsbMassStorage,
  waitUsbSerial,
} from "@basalt/actions-common";
import {
  acceptIf,
  asObject,
  asText,
  type Device,
  definePlugin,
  defineStrategy,
  dig,
  hasKey,
  hasMethod,
  type MaybeNode,
  methodOptions,
  type PlanRequest,
  powerOff,
  refused,
  retry,
  sequence,
} from "@basalt/core";
import { enableDisk, enterMcc, eraseFlash } from "./mcc.js";
import { mpsSchema, muscaBootSchema, muscaSchema, vemsdSchema } from "./schema.js";
import {
  checkMuscaFlash,
  copyToDisk,
  deployRebootFile,
  deployRecovery,
  extractRecovery,
  mountDisk,
  parameter,
  unmountDisk,
} from "./usb-disk.js";

const mount = mountDisk("mount-vexpress-usbmsd", labelledDisk);
const unmount = unmountDisk("unmount-vexpress-usbmsd");

const fetched = (key: string, value: unknown, request: PlanRequest): MaybeNode =>
  downloadPlan(readDownload(key, value as never), { folder: "arm-deploy" }, request);

function mpsImage(key: string, rename: string | undefined): readonly MaybeNode[] {
  if (key === "recovery_image") return [extractRecovery, deployRecovery];
  const onDisk = (path: string): string => posix.join("SOFTWARE", rename ?? posix.basename(path));
  return [copyToDisk("deploy-mps-test-binary", key, ({ path }) => onDisk(path))];
}

/** `to: mps`. */
export const mps = defineStrategy({
  section: "deploy",
  method: "mps",
  compatibility: 1,
  schema: mpsSchema,
  accepts({ device }) {
    if (!hasMethod(device, "deploy", "mps")) return refused("the device lists no deploy method 'mps'");
    return acceptIf(hasKey(device.dictionary, "usb_filesystem_label"), "the device has no usb_filesystem_label");
  },
  plan(request) {
    const images = asObject(request.params.images);
    const hard = parameter(request.device, "mps", "hard-reboot") === true;
    return sequence(
      "mps-deploy",
      disconnectDevice,
      resetDevice(request.device),
      waitUsbMassStorage,
      ...Object.entries(images).map(([key, value]) => fetched(key, value, request)),
      mount,
      ...Object.keys(images)
        .sort()
        .flatMap((key) => mpsImage(key, asText(asObject(images[key]).rename))),
      ...(hard ? [unmount, powerOff] : [deployRebootFile, unmount]),
    );
  },
});

const muscaDisk = (device: Device): string | undefined => {
  const id = asText(methodOptions(device, "deploy", "musca").id_serial);
  return id === undefined ? undefined : `/dev/disk/by-id/${id}`;
};
const waitMusca = waitForPath("wait-musca-path", "the board's USB disk", muscaDisk);
const mountMusca = mountDisk("mount-musca-usbmsd", muscaDisk);
const unmountMusca = unmountDisk("unmount-musca-usbmsd");

const hasMusca = (section: "deploy" | "boot", device: Device) => {
  if (section === "deploy" && !hasMethod(device, "deploy", "musca"))
    return refused("the device lists no deploy method 'musca'");
  return acceptIf(hasKey(device.dictionary, "board_id"), "the device has no board_id");
};

/** `to: musca`. */
export const musca = defineStrategy({
  section: "deploy",
  method: "musca",
  compatibility: 1,
  schema: muscaSchema,
  accepts: ({ device }) => hasMusca("deploy", device),
  plan: (request) =>
    retry(
      "musca-deploy",
      disconnectDevice,
      fetched("test_binary", dig(request.params, "images", "test_binary"), request),
      resetDevice(request.device),
      ...[waitMusca, mountMusca],
      copyToDisk("deploy-musca-test-binary", "test_binary", ({ path }) => posix.basename(path)),
      // the board takes the program, goes and comes back with its verdict
      ...[unmountMusca, waitMusca, mountMusca, checkMuscaFlash, unmountMusca],
    ),
});

/** `to: vemsd`. */
export const vemsd = defineStrategy({
  section: "deploy",
  method: "vemsd",
  compatibility: 1,
  usesDeploymentData: false,
  schema: vemsdSchema,
  accepts: ({ device }) => acceptIf(hasMethod(device, "deploy", "vemsd"), "the device lists no deploy method 'vemsd'"),
  plan: (request) =>
    retry(
      "vexpress-fw-deploy-retry",
      sequence(
        "vexpress-fw-deploy",
        fetched("recovery_image", request.params.recovery_image, request),
        connectDevice(request),
        resetDevice(request.device),
        ...[extractRecovery, enterMcc, enableDisk, waitUsbMassStorage, mount, deployRecovery, unmount],
        Boolean(parameter(request.device, "vemsd", "flash_prompt")) && eraseFlash,
      ),
    ),
});

/** `method: musca`. */
export const muscaBoot = defineStrategy({
  section: "boot",
  method: "musca",
  compatibility: 1,
  schema: muscaBootSchema,
  accepts: ({ device }) => hasMusca("boot", device),
  plan(request) {
    const { device, params, namespace } = request;
    return retry(
      "musca-boot",
      resetDevice(device),
      waitUsbSerial,
      connectDevice(request),
      hasKey(params, "prompts") && autoLogin(request),
      namespace.hasShell && expectShellConnection,
      namespace.hasShell && exportDeviceEnv,
    );
  },
});

export default definePlugin({ name: "@basalt/actions-arm-boards", strategies: [mps, musca, vemsd, muscaBoot] });
