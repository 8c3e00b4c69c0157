import { deployDeviceEnv, downloadPlan, overlayPlan, readDownload } from "@basalt/actions-common";
import { acceptIf, asObject, defineStrategy, hasKey, hasMethod, refused, sequence } from "@basalt/core";
import { applyOverlayGuest } from "./apply-overlay-guest.js";
import { tmpfsSchema } from "./schema.js";

/** `to: tmpfs`: disk images, kernels and ramdisks for QEMU (lava-dispatcher.md 7.1). */
export const deployImages = defineStrategy({
  section: "deploy",
  method: "tmpfs",
  compatibility: 4,
  schema: tmpfsSchema,
  accepts({ device, block }) {
    if (!hasMethod(device, "deploy", "image")) return refused("the device lists no deploy method 'image'");
    if (!hasKey(block.params, "images")) return refused("the block has no 'images'");
    return acceptIf(
      !hasKey(block.params, "type") || block.params.type === "monitor",
      `type '${block.params.type}' is not known: leave it out, or say monitor`,
    );
  },
  plan(request) {
    const { params, namespace, block } = request;
    const target = { folder: `${block.index + 1}-deployimages` };
    const files = Object.entries(asObject(params.images)).map(([name, image]) => readDownload(name, image));
    return sequence(
      "deployimages",
      namespace.needsOverlay && overlayPlan(request),
      namespace.needsDeploymentData && deployDeviceEnv(request.deploymentData),
      hasKey(params, "uefi") && downloadPlan(readDownload("uefi", params.uefi), target, request),
      ...files.map((file) => downloadPlan(file, target, request)),
      namespace.needsOverlay && applyOverlayGuest,
    );
  },
});
