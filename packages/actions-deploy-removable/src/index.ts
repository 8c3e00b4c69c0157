import {
  applyOverlayImage,
  deployDeviceEnv,
  downloadPlan,
  environmentPlan,
  overlayPlan,
  readDownload,
  rootPartition,
} from "@basalt/actions-common";
import {
  acceptIf,
  asObject,
  asText,
  definePlugin,
  defineStrategy,
  hasKey,
  hasMethod,
  type MaybeNode,
  type PlanRequest,
  refused,
  sequence,
  withTail,
} from "@basalt/core";
import { ddImage, mediumOf } from "./dd-image.js";
import { removableSchema, umsSchema, usbgSchema } from "./schema.js";
import { gadgetCommands, showImage } from "./usbg-ms.js";

const download = (key: string, value: unknown, request: PlanRequest): MaybeNode =>
  downloadPlan(readDownload(key, value as never), { folder: "storage-deploy" }, request);

const apply = (key: string, value: unknown): MaybeNode => applyOverlayImage(key, rootPartition(asObject(value)));

/** The form with `image` gets the overlay whenever a test needs it, the one with `images` where an image says `apply-overlay`. */
function imagesPlan(request: PlanRequest): readonly MaybeNode[] {
  const { params, namespace } = request;
  if (!hasKey(params, "images"))
    return [download("image", params.image, request), namespace.needsOverlay && apply("image", params.image)];
  return Object.entries(asObject(params.images)).flatMap(([key, value]) => [
    download(key, value, request),
    namespace.needsOverlay && asObject(value)["apply-overlay"] === true && apply(key, value),
  ]);
}

/** `to: usb`, `sd` and `sata`. */
export const removable = defineStrategy({
  section: "deploy",
  method: ["usb", "sd", "sata"],
  compatibility: 1,
  schema: removableSchema,
  accepts: ({ device, block: { params } }) =>
    acceptIf(
      hasKey(mediumOf(device, params), "uuid"),
      `the device lists no medium '${asText(params.device) ?? ""}' with a uuid in parameters.media.${asText(params.to) ?? ""}`,
    ),
  plan: (request) =>
    sequence(
      "storage-deploy",
      overlayPlan(request),
      ...imagesPlan(request),
      ddImage(request),
      environmentPlan(request),
    ),
});

/** `to: u-boot-ums`: the image is written when U-Boot shows its disk, by boot method u-boot. */
export const ubootUms = defineStrategy({
  section: "deploy",
  method: "u-boot-ums",
  compatibility: 1,
  schema: umsSchema,
  accepts({ device, block: { params } }) {
    if (!hasKey(params, "image")) return refused("the block has no 'image'");
    return acceptIf(hasMethod(device, "deploy", "u-boot-ums"), "the device lists no deploy method 'u-boot-ums'");
  },
  plan(request) {
    const { params, namespace, deploymentData } = request;
    return sequence(
      "uboot-ums-deploy",
      download("image", params.image, request),
      overlayPlan(request),
      namespace.needsOverlay && apply("image", params.image),
      namespace.needsOverlay && namespace.needsDeploymentData && deployDeviceEnv(deploymentData),
    );
  },
});

/** `to: usbg-ms`. */
export const usbgMs = defineStrategy({
  section: "deploy",
  method: "usbg-ms",
  schema: usbgSchema,
  accepts({ device }) {
    if (!hasMethod(device, "deploy", "usbg-ms")) return refused("the device lists no deploy method 'usbg-ms'");
    gadgetCommands(device);
    return { ok: true };
  },
  plan: (request) =>
    withTail(
      showImage,
      sequence(
        "usbg-ms",
        overlayPlan(request),
        download("image", request.params.image, request),
        environmentPlan(request),
      ),
    ),
});

export default definePlugin({ name: "@basalt/actions-deploy-removable", strategies: [removable, ubootUms, usbgMs] });
