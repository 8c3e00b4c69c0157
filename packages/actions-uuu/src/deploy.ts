import {
  applyOverlayImage,
  applyOverlaySparseImage,
  downloadPlan,
  overlayPlan,
  readDownload,
  rootPartition,
} from "@basalt/actions-common";
import {
  acceptIf,
  asObject,
  defineStrategy,
  hasKey,
  type Json,
  type MaybeNode,
  type PlanRequest,
  sequence,
} from "@basalt/core";
import { deploySchema } from "./schema.js";

function imagePlan(key: string, value: Json | undefined, request: PlanRequest): readonly MaybeNode[] {
  const { block, namespace, params } = request;
  const options = asObject(value);
  const target = { folder: `${block.index + 1}-uuu-deploy`, flat: params.uniquify === false };
  const wantsOverlay = Boolean(options["apply-overlay"]) && namespace.needsOverlay;
  const apply = options.sparse ? applyOverlaySparseImage : applyOverlayImage;
  return [downloadPlan(readDownload(key, value), target, request), wantsOverlay && apply(key, rootPartition(options))];
}

/** `to: uuu` (lava-dispatcher.md 7.1). */
export const deploy = defineStrategy({
  section: "deploy",
  method: "uuu",
  compatibility: 1,
  schema: deploySchema,
  accepts: ({ block }) =>
    acceptIf(hasKey(block.params.images, "boot"), "the block has no image 'boot', the bootloader that uuu starts with"),
  plan: (request) =>
    sequence(
      "uuu-deploy",
      overlayPlan(request),
      ...Object.entries(asObject(request.params.images)).flatMap(([key, value]) => imagePlan(key, value, request)),
    ),
});
