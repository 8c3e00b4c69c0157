import { downloadPlan, environmentPlan, overlayPlan, readDownload } from "@basalt/actions-common";
import { acceptIf, asObject, definePlugin, defineStrategy, hasMethod, retry, sequence, withTail } from "@basalt/core";
import { runFlasher } from "./run-flasher.js";
import { flasherSchema } from "./schema.js";

/** `to: flasher` (lava-dispatcher.md 7.1): the commands run when all is downloaded, in the time of deploy-flasher. */
export const flasher = defineStrategy({
  section: "deploy",
  method: "flasher",
  compatibility: 4,
  schema: flasherSchema,
  accepts: ({ device }) =>
    acceptIf(hasMethod(device, "deploy", "flasher"), "the device lists no deploy method 'flasher'"),
  plan(request) {
    const { params, block } = request;
    const images = Object.entries(asObject(params.images));
    const fetched = images.filter(([, image]) => asObject(image).download !== false);
    const target = { folder: `${block.index + 1}-deploy-flasher`, flat: params.uniquify === false };
    return retry(
      "deploy-flasher-retry",
      withTail(
        runFlasher(
          images.map(([key, image]) => readDownload(key, image)),
          fetched.map(([key]) => key),
        ),
        sequence(
          "deploy-flasher",
          overlayPlan(request),
          ...fetched.map(([key, image]) => downloadPlan(readDownload(key, image), target, request)),
          environmentPlan(request),
        ),
      ),
    );
  },
});

export default definePlugin({ name: "@basalt/actions-deploy-flasher", strategies: [flasher] });
