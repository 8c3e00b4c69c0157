import {
  connectDevice,
  downloadPlan,
  enterFastboot,
  overlayPlan,
  readDownload,
  resetDevice,
  ubootEnterFastboot,
} from "@basalt/actions-common";
import {
  acceptIf,
  asObject,
  definePlugin,
  defineStrategy,
  hasKey,
  hasMethod,
  type MaybeNode,
  type PlanRequest,
  powerFacts,
  sequence,
} from "@basalt/core";
import { postprocessDocker } from "./postprocess-docker.js";
import { downloadSchema, downloadsSchema, overlaySchema } from "./schema.js";

function entry(request: PlanRequest): readonly MaybeNode[] {
  const { device, params } = request;
  if (device.dictionary.fastboot_via_uboot === true) return [connectDevice(request), ubootEnterFastboot(device)];
  if (powerFacts(device).reset) return [connectDevice(request), resetDevice(device)];
  return [enterFastboot(params)];
}

/** `to: download` (lava-dispatcher.md 7.1). */
export const download = defineStrategy({
  section: "deploy",
  method: "download",
  compatibility: 1,
  schema: downloadSchema,
  plan: (request) =>
    sequence(
      "download-deploy",
      ...entry(request),
      ...Object.entries(asObject(request.params.images)).map(([key, image]) =>
        downloadPlan(readDownload(key, image), { folder: `${request.block.index + 1}-download` }, request),
      ),
      overlayPlan(request),
    ),
});

/** `to: downloads` (lava-dispatcher.md 7.1). */
export const downloads = defineStrategy({
  section: "deploy",
  method: "downloads",
  compatibility: 1,
  schema: downloadsSchema,
  plan(request) {
    const { params, block } = request;
    const target = { folder: `downloads/${block.namespace}`, flat: params.uniquify !== true };
    return sequence(
      "downloads",
      overlayPlan(request),
      ...Object.entries(asObject(params.images)).map(([key, image]) =>
        downloadPlan(readDownload(key, image), target, request),
      ),
      hasKey(params.postprocess, "docker") && postprocessDocker(asObject(asObject(params.postprocess).docker)),
    );
  },
});

/** `to: overlay` (lava-dispatcher.md 7.1): a node without children where no test needs an overlay. */
export const overlay = defineStrategy({
  section: "deploy",
  method: "overlay",
  compatibility: 4,
  schema: overlaySchema,
  accepts: ({ device }) =>
    acceptIf(hasMethod(device, "deploy", "overlay"), "the device lists no deploy method 'overlay'"),
  plan: (request) => overlayPlan(request, { always: true }) ?? sequence("lava-overlay"),
});

export default definePlugin({ name: "@basalt/actions-deploy-downloads", strategies: [download, downloads, overlay] });
