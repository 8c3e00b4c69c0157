import {
  applyOverlayTftp,
  compressRamdisk,
  configurePreseedFile,
  deployDeviceEnv,
  downloadPlan,
  extractModules,
  extractNfsRootfs,
  extractOverlayRamdisk,
  makeTftpFolder,
  overlayPlan,
  parsePersistentNfs,
  prepareKernel,
  readDownload,
  TftpBaseSlot,
  withTftpSizes,
} from "@basalt/actions-common";
import {
  acceptIf,
  asList,
  asObject,
  definePlugin,
  defineStrategy,
  hasKey,
  hasMethod,
  type MaybeNode,
  type PlanRequest,
  sequence,
} from "@basalt/core";
import { tftpSchema } from "./schema.js";

/** The order of downloads is fixed, not the job's (lava-dispatcher.md 7.1). */
const files = ["ramdisk", "kernel", "dtb", "nfsrootfs", "modules", "preseed", "tee"] as const;

function downloads(request: PlanRequest): readonly MaybeNode[] {
  const { params } = request;
  const target = { folder: "", base: TftpBaseSlot };
  const one = (key: string, value: unknown): MaybeNode =>
    downloadPlan(readDownload(key, value as never), target, request);
  return [
    ...files.filter((key) => hasKey(params, key)).map((key) => one(key, params[key])),
    ...asList(params.dtbo).map((value, index) => one(`dtbo${index}`, value)),
    ...Object.entries(asObject(params.extra_files)).map(([name, value]) =>
      downloadPlan(readDownload(name, value), { folder: "extra_files", base: TftpBaseSlot }, request),
    ),
  ];
}

/** What the device fetches: the worker unpacks the others. */
const fetched = ({ params }: PlanRequest): readonly string[] => [
  ...files.filter((key) => hasKey(params, key) && key !== "nfsrootfs" && key !== "modules"),
  ...asList(params.dtbo).map((_, index) => `dtbo${index}`),
  ...Object.keys(asObject(params.extra_files)),
];

const hasKernelType = ({ params }: PlanRequest): boolean => hasKey(params.kernel, "type");

/** `to: tftp`. */
export const tftp = defineStrategy({
  section: "deploy",
  method: "tftp",
  compatibility: 1,
  schema: tftpSchema,
  accepts: ({ device }) => acceptIf(hasMethod(device, "deploy", "tftp"), "the device lists no deploy method 'tftp'"),
  plan(request) {
    const { namespace, device, deploymentData } = request;
    return sequence(
      makeTftpFolder("tftp-deploy"),
      namespace.needsOverlay && overlayPlan(request),
      ...downloads(request),
      withTftpSizes(
        fetched(request),
        sequence(
          "prepare-tftp-overlay",
          extractNfsRootfs,
          parsePersistentNfs,
          extractOverlayRamdisk,
          extractModules,
          namespace.needsOverlay && applyOverlayTftp,
          hasKernelType(request) && prepareKernel(request),
          configurePreseedFile,
          compressRamdisk,
          hasMethod(device, "boot", "depthcharge") && prepareKernel(request),
        ),
      ),
      namespace.needsDeploymentData && deployDeviceEnv(deploymentData),
    );
  },
});

export default definePlugin({ name: "@basalt/actions-deploy-tftp", strategies: [tftp] });
