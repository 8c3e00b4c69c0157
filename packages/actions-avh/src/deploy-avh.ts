import { posix } from "node:path";
import {
  addToExtImage,
  type Downloaded,
  downloadedSlot,
  OverlaySlot,
  partitionOffset,
  rootPartition,
  runTool,
} from "@basalt/actions-common";
import {
  type ActionContext,
  type AnySlot,
  asObject,
  asText,
  defineAction,
  FileStoreToken,
  infrastructureError,
  type JsonObject,
  jobError,
  type PlanRequest,
  ProcessRunnerToken,
  slot,
} from "@basalt/core";
import { openAvh } from "./avh-api.js";
import { apiToken, readOptions } from "./avh-options.js";
import { listPackage, packageInfo, packFirmware } from "./firmware-package.js";

/** Firmware that is uploaded, for a virtual board to be made of. */
export interface Firmware {
  readonly endpoint: string;
  /** Id of the project. */
  readonly project: string;
  readonly model: string;
  /** Id of the uploaded image. */
  readonly image: string;
  readonly version: string;
  readonly build: string;
}
export const FirmwareSlot = slot<Firmware>("avh.firmware");

/** How long removing something may take, in milliseconds. */
const removeMs = 60_000;

/** Removes an instance or image when the attempt fails or the job ends. It logs in anew: a job may outlast its session. */
export function removeLater(kind: "instances" | "images", id: string, endpoint: string, ctx: ActionContext): void {
  ctx.cleanup.defer(`${id} of ${kind}`, async () => {
    using deadline = ctx.clock.deadline(removeMs, `removing ${id}`);
    const api = await openAvh({ endpoint, token: apiToken(ctx.job.job) }, deadline);
    await api.remove(kind, id, deadline);
  });
}

/** `apply-overlay-avh`: puts the tests' overlay into the disk of a firmware package. */
export const applyOverlayAvh = (options: JsonObject) =>
  defineAction({
    name: "apply-overlay-avh",
    summary: "put the overlay into the firmware package",
    reads: { firmware: downloadedSlot("fw_package"), overlay: OverlaySlot },
    needs: { files: FileStoreToken, runner: ProcessRunnerToken },
    blameOnTimeout: "infrastructure",
    async run({ firmware, overlay, files, runner }, ctx) {
      const storage = asText(options.storage_file) ?? "nand";
      const names = await listPackage(firmware.path, { runner }, ctx);
      if (!names.includes(storage))
        throw jobError(
          "ERR_AVH_PACKAGE",
          `the firmware package has no '${storage}' for the overlay: it holds ${names.join(", ")}`,
        );
      const folder = await files.makeFolder("apply-overlay-avh");
      await runTool(runner, ["unzip", "-q", "-o", firmware.path, storage, "-d", folder], ctx);
      const disk = posix.join(folder, storage);
      const partition = rootPartition(options);
      const offset = partition === undefined ? 0 : await partitionOffset({ files, runner }, disk, partition, ctx);
      await addToExtImage({ files, runner }, disk, overlay.folder, { offset, ctx });
      await runTool(runner, ["zip", "-q", "-1", firmware.path, storage], ctx, { cwd: folder });
    },
  });

/** `deploy-avh`'s own work when all is downloaded: makes the package where the job brings images, and uploads it. */
export function deployAvh({ params, device }: Pick<PlanRequest, "params" | "device">) {
  const images = Object.keys(asObject(params.images));
  const keys = images.length > 0 ? images : ["fw_package"];
  const reads: Record<string, AnySlot> = Object.fromEntries(keys.map((key) => [`file:${key}`, downloadedSlot(key)]));
  return defineAction({
    name: "deploy-avh",
    summary: "upload the firmware to Arm Virtual Hardware",
    reads,
    needs: { files: FileStoreToken, runner: ProcessRunnerToken },
    writes: { firmware: FirmwareSlot },
    async validate({ runner }, ctx) {
      const { endpoint } = readOptions(params, device);
      for (const tool of images.length > 0 ? ["zip"] : ["zip", "unzip"])
        if ((await runner.find(tool)) === undefined)
          throw infrastructureError(
            "ERR_TOOL_MISSING",
            `${tool} is not installed on this worker: install Debian's package ${tool}`,
          );
      await openAvh({ endpoint, token: apiToken(ctx.job.job) }, ctx);
    },
    async run({ files, runner, ...values }, ctx) {
      const { endpoint, model, projectName } = readOptions(params, device);
      const pathOf = (key: string): string =>
        ((values as Readonly<Record<string, unknown>>)[`file:${key}`] as Downloaded).path;
      const own = { version: "1.0.0", build: ctx.job.id, device: model };
      const path =
        images.length > 0
          ? await packFirmware(Object.fromEntries(images.map((key) => [key, pathOf(key)])), own, { files, runner }, ctx)
          : pathOf("fw_package");
      const info = images.length > 0 ? own : await packageInfo(path, { runner }, ctx);
      if (info.device !== "" && info.device !== model)
        ctx.log.warning(`the firmware package is made for ${info.device}, the virtual board is a ${model}`);
      const api = await openAvh({ endpoint, token: apiToken(ctx.job.job) }, ctx);
      const project = await api.project(projectName, ctx);
      ctx.log.info(`uploading ${await files.size(path)} bytes of firmware to ${endpoint}`);
      const name = `lava-${ctx.job.id}-${ctx.level}.zip`;
      const image = await api.upload({ content: await files.blob(path), name, project }, ctx);
      removeLater("images", image, endpoint, ctx);
      ctx.log.info(`the firmware is image ${image}`);
      return { firmware: { endpoint, project, model, image, version: info.version, build: info.build } };
    },
  });
}
