import { connectDevice, downloadPlan, overlayPlan, readDownload, resetDevice } from "@basalt/actions-common";
import { acceptIf, asText, definePlugin, defineStrategy, dig, hasKey, retry, sequence, withTail } from "@basalt/core";
import { applyOverlayQdl, unpackBuild } from "./build-folder.js";
import { enterQdl, waitQdlDevice } from "./edl-mode.js";
import { flashQdl } from "./flash-qdl.js";
import { bootSchema, deploySchema } from "./schema.js";

/** `to: qdl` (lava-dispatcher.md 7.1). */
export const deploy = defineStrategy({
  section: "deploy",
  method: "qdl",
  schema: deploySchema,
  accepts: ({ block }) => acceptIf(hasKey(block.params, "qcomflash"), "the block has no 'qcomflash'"),
  plan(request) {
    const { params, namespace, block } = request;
    const target = { folder: `${block.index + 1}-qdl-deploy` };
    const putsOverlay = namespace.needsOverlay && dig(params.qcomflash, "apply-overlay") === true;
    const group = sequence(
      "qdl-deploy",
      namespace.needsOverlay && overlayPlan(request),
      downloadPlan(readDownload("qcomflash", params.qcomflash), target, request),
      putsOverlay && applyOverlayQdl(asText(params.rootfs_image)),
    );
    return putsOverlay ? group : withTail(unpackBuild, group);
  },
});

/** `method: qdl` (lava-dispatcher.md 7.2). */
export const boot = defineStrategy({
  section: "boot",
  method: "qdl",
  schema: bootSchema,
  accepts: ({ device }) => acceptIf(hasKey(device.dictionary, "board_qdl_id"), "the device has no board_qdl_id"),
  plan: (request) =>
    retry(
      "boot-qdl-retry",
      connectDevice(request),
      resetDevice(request.device),
      enterQdl,
      waitQdlDevice,
      flashQdl(request.params),
    ),
});

export default definePlugin({ name: "@basalt/actions-qdl", strategies: [deploy, boot] });
