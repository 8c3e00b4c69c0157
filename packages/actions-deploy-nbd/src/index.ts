import {
  downloadPlan,
  makeTftpFolder,
  overlayPlan,
  prepareKernel,
  readDownload,
  TftpBaseSlot,
  withTftpSizes,
} from "@basalt/actions-common";
import { acceptIf, definePlugin, defineStrategy, hasKey, hasMethod, sequence } from "@basalt/core";
import { nbdSchema } from "./schema.js";
import { xnbd } from "./xnbd-protocol.js";
import { xnbdServerDeploy } from "./xnbd-server.js";

/** The order of downloads is fixed, not the job's (lava-dispatcher.md 7.1). */
const served = ["initrd", "kernel", "dtb"] as const;

/** `to: nbd`. */
export const nbd = defineStrategy({
  section: "deploy",
  method: "nbd",
  compatibility: 1,
  schema: nbdSchema,
  accepts: ({ device }) => acceptIf(hasMethod(device, "deploy", "nbd"), "the device lists no deploy method 'nbd'"),
  plan(request) {
    const { params, block } = request;
    return withTftpSizes(
      served,
      sequence(
        makeTftpFolder("nbd-deploy"),
        ...served
          .filter((key) => hasKey(params, key))
          .map((key) => downloadPlan(readDownload(key, params[key]), { folder: "", base: TftpBaseSlot }, request)),
        // devices do not fetch it: it need not fit on the TFTP server
        hasKey(params, "nbdroot") &&
          downloadPlan(readDownload("nbdroot", params.nbdroot), { folder: `${block.index + 1}-nbd-deploy` }, request),
        overlayPlan(request, { always: true }),
        hasKey(params.kernel, "type") && prepareKernel(request),
        xnbdServerDeploy,
      ),
    );
  },
});

export default definePlugin({ name: "@basalt/actions-deploy-nbd", strategies: [nbd], protocols: [xnbd] });
