import {
  applyOverlayImage,
  applyOverlaySparseImage,
  deployDeviceEnv,
  detectsFastboot,
  downloadPlan,
  enterFastboot,
  fastbootEntry,
  overlayPlan,
  prePowerCommand,
  readDownload,
  rootPartition,
} from "@basalt/actions-common";
import {
  acceptIf,
  asObject,
  type Device,
  definePlugin,
  defineStrategy,
  hasKey,
  hasMethod,
  type Json,
  type MaybeNode,
  type PlanRequest,
  refused,
  sequence,
} from "@basalt/core";
import { flashPlan } from "./flash-order.js";
import { fastbootSchema } from "./schema.js";

export { flashOrder } from "./flash-order.js";

/** An image's download, the overlay into it, and what is deployed: LAVA says the latter again for each image. */
function imagePlan(key: string, value: Json | undefined, request: PlanRequest): readonly MaybeNode[] {
  const { namespace, deploymentData } = request;
  const options = asObject(value);
  const wantsOverlay = options["apply-overlay"] === true && namespace.needsOverlay;
  const apply = options.sparse === false ? applyOverlayImage : applyOverlaySparseImage;
  return [
    downloadPlan(readDownload(key, value), { folder: "fastboot-deploy" }, request),
    wantsOverlay && apply(key, rootPartition(options)),
    namespace.needsOverlay && namespace.needsDeploymentData && deployDeviceEnv(deploymentData),
  ];
}

/** Keys that a board must have to be flashed; its serial numbers may be found out. */
const missingKey = (device: Device): string | undefined =>
  ["fastboot_options", ...(detectsFastboot(device) ? [] : ["adb_serial_number", "fastboot_serial_number"])].find(
    (key) => !hasKey(device.dictionary, key),
  );

/** `to: fastboot`. */
export const fastboot = defineStrategy({
  section: "deploy",
  method: "fastboot",
  compatibility: 1,
  schema: fastbootSchema,
  accepts({ device }) {
    if (!hasMethod(device, "deploy", "fastboot")) return refused("the device lists no deploy method 'fastboot'");
    const missing = missingKey(device);
    return acceptIf(missing === undefined, `the device has no '${missing}'`);
  },
  plan: (request) =>
    sequence(
      "fastboot-deploy",
      overlayPlan(request),
      ...Object.entries(asObject(request.params.images)).flatMap(([key, value]) => imagePlan(key, value, request)),
      ...fastbootEntry(request, { beforeReset: prePowerCommand, withoutReset: [enterFastboot(request.params)] }),
      flashPlan(request),
    ),
});

export default definePlugin({ name: "@basalt/actions-deploy-fastboot", strategies: [fastboot] });
