import { deployDeviceEnv, downloadPlan, overlayPlan, readDownload } from "@basalt/actions-common";
import { acceptIf, asObject, asText, defineStrategy, dig, hasKey, hasMethod, refused, sequence } from "@basalt/core";
import { applyOverlayGuest } from "./apply-overlay-guest.js";
import { prepareEmptyImage, prepareQemuCommands, pullInstallerFiles } from "./iso-actions.js";
import { isoInstallerSchema } from "./schema.js";

/** `to: iso-installer` (lava-dispatcher.md 7.1): the preseed is fetched before the ISO image, whatever the job's order. */
export const deployIso = defineStrategy({
  section: "deploy",
  method: "iso-installer",
  compatibility: 3,
  schema: isoInstallerSchema,
  accepts({ device, block }) {
    if (!hasMethod(device, "deploy", "image")) return refused("the device lists no deploy method 'image'");
    return acceptIf(hasKey(block.params.iso, "installation_size"), "the block's 'iso' has no 'installation_size'");
  },
  plan(request) {
    const { params, namespace, block } = request;
    const target = { folder: `${block.index + 1}-deploy-iso-installer` };
    const images = asObject(params.images);
    const one = (key: string) => downloadPlan(readDownload(key, images[key]), target, request);
    return sequence(
      "deploy-iso-installer",
      prepareEmptyImage(asText(dig(params.iso, "installation_size")) ?? ""),
      one("preseed"),
      one("iso"),
      pullInstallerFiles(asObject(params.iso)),
      prepareQemuCommands(images),
      namespace.needsOverlay && overlayPlan(request),
      namespace.needsOverlay && applyOverlayGuest,
      namespace.needsDeploymentData && deployDeviceEnv(request.deploymentData),
    );
  },
});
