import { connectDevice, downloadPlan, readDownload } from "@basalt/actions-common";
import {
  acceptIf,
  asObject,
  asTexts,
  definePlugin,
  defineStrategy,
  hasKey,
  hasMethod,
  methodOptions,
  refused,
  sequence,
} from "@basalt/core";
import { recoverySchema } from "./schema.js";

/** `to: recovery` (lava-dispatcher.md 7.1). */
export const recovery = defineStrategy({
  section: "deploy",
  method: "recovery",
  compatibility: 4,
  schema: recoverySchema,
  accepts({ device, block }) {
    if (!hasKey(block.params, "images")) return refused("the block has no 'images'");
    return acceptIf(hasMethod(device, "deploy", "recovery"), "the device lists no deploy method 'recovery'");
  },
  plan(request) {
    const { params, device, block } = request;
    const target = { folder: `${block.index + 1}-deploy-recovery-mode` };
    return sequence(
      "deploy-recovery-mode",
      ...Object.entries(asObject(params.images)).map(([key, image]) =>
        downloadPlan(readDownload(key, image), target, request),
      ),
      asTexts(methodOptions(device, "deploy", "recovery").tags).includes("serial") && connectDevice(request),
    );
  },
});

export default definePlugin({ name: "@basalt/actions-deploy-recovery", strategies: [recovery] });
