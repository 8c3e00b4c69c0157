import { type ActionContext, asText, defineAction, FileStoreToken, ProcessRunnerToken } from "@basalt/core";
import { runTool } from "../run-tool.js";
import { downloadedSlot, OverlaySlot } from "../slots.js";
import { addToExtImage, type ExtImageTools, partitionOffset } from "./ext-image.js";

/** The `root_partition` (counted from 0) that an image's dict names; undefined where the image is the file system itself. */
export const rootPartition = (options: { readonly root_partition?: unknown }): number | undefined => {
  const number = Number(asText(options.root_partition as never) ?? Number.NaN);
  return Number.isInteger(number) && number >= 0 ? number : undefined;
};

async function apply(
  tools: ExtImageTools,
  image: string,
  folder: string,
  partition: number | undefined,
  ctx: ActionContext,
) {
  const offset = partition === undefined ? 0 : await partitionOffset(tools, image, partition, ctx);
  await addToExtImage(tools, image, folder, { offset, ctx });
}

/** Puts the tests' overlay into a downloaded disk image, or the partition of it that holds the root file system. */
export const applyOverlayImage = (key: string, partition?: number) =>
  defineAction({
    name: "apply-overlay-image",
    summary: `put the overlay into ${key}`,
    reads: { image: downloadedSlot(key), overlay: OverlaySlot },
    needs: { files: FileStoreToken, runner: ProcessRunnerToken },
    blameOnTimeout: "infrastructure",
    async run({ image, overlay, files, runner }, ctx) {
      await apply({ files, runner }, image.path, overlay.folder, partition, ctx);
    },
  });

/** The same for an Android sparse image: unpacked, changed and packed again. */
export const applyOverlaySparseImage = (key: string, partition?: number) =>
  defineAction({
    name: "apply-overlay-sparse-image",
    summary: `put the overlay into the sparse image ${key}`,
    reads: { image: downloadedSlot(key), overlay: OverlaySlot },
    needs: { files: FileStoreToken, runner: ProcessRunnerToken },
    blameOnTimeout: "infrastructure",
    async run({ image, overlay, files, runner }, ctx) {
      const raw = `${image.path}.raw`;
      await runTool(runner, ["simg2img", image.path, raw], ctx);
      await apply({ files, runner }, raw, overlay.folder, partition, ctx);
      await runTool(runner, ["img2simg", raw, image.path], ctx);
      await files.remove(raw);
    },
  });
