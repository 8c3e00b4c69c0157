import {
  applyOverlayImage,
  autoLogin,
  downloadPlan,
  expectShellConnection,
  exportDeviceEnv,
  overlayPlan,
  readDownload,
  rootPartition,
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
  retry,
  sequence,
  withTail,
} from "@basalt/core";
import { callAvh } from "./call-avh.js";
import { applyOverlayAvh, deployAvh } from "./deploy-avh.js";
import { bootSchema, deploySchema } from "./schema.js";

/** Downloads in the job's order; the overlay goes into `rootfs` as soon as that is there, or into the package. */
function downloads(request: PlanRequest): readonly MaybeNode[] {
  const { params, namespace, block } = request;
  const target = { folder: `${block.index + 1}-deploy-avh` };
  const one = (key: string, value: unknown) => downloadPlan(readDownload(key, value as never), target, request);
  if (!hasKey(params, "images")) {
    const own = asObject(params.fw_package);
    return [one("fw_package", own), namespace.needsOverlay && applyOverlayAvh(own)];
  }
  return Object.entries(asObject(params.images)).flatMap(([key, image]) => [
    one(key, image),
    key === "rootfs" && namespace.needsOverlay && applyOverlayImage(key, rootPartition(asObject(image))),
  ]);
}

/** `to: avh` (lava-dispatcher.md 7.1). */
export const deploy = defineStrategy({
  section: "deploy",
  method: "avh",
  compatibility: 4,
  schema: deploySchema,
  accepts: ({ device }) => acceptIf(hasMethod(device, "deploy", "avh"), "the device lists no deploy method 'avh'"),
  plan: (request) =>
    retry(
      "deploy-avh-retry",
      withTail(
        deployAvh(request),
        sequence("deploy-avh", request.namespace.needsOverlay && overlayPlan(request), ...downloads(request)),
      ),
    ),
});

/** `method: avh` (lava-dispatcher.md 7.2): no overlay is fetched from the shell, it is in the firmware. */
export const boot = defineStrategy({
  section: "boot",
  method: "avh",
  compatibility: 4,
  schema: bootSchema,
  accepts: ({ device }) => acceptIf(hasMethod(device, "boot", "avh"), "the device lists no boot method 'avh'"),
  plan(request) {
    const { params, namespace } = request;
    const login = hasKey(params, "prompts");
    const shell = login && namespace.hasShell;
    return retry(
      "boot-avh",
      callAvh(params),
      login && autoLogin(request),
      shell && expectShellConnection,
      shell && exportDeviceEnv,
    );
  },
});

export default definePlugin({ name: "@basalt/actions-avh", strategies: [deploy, boot] });
