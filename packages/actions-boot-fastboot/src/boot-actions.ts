import {
  downloadedSlot,
  fastbootNeeds,
  fastbootReads,
  readDocker,
  runFastboot,
  splitCommand,
} from "@basalt/actions-common";
import { asTexts, defineAction, type JsonObject } from "@basalt/core";

/** `fastboot-boot-commands`: the block's own commands. */
export const bootCommands = (params: JsonObject) =>
  defineAction({
    name: "fastboot-boot-commands",
    summary: "run the block's fastboot commands",
    reads: fastbootReads,
    needs: fastbootNeeds,
    blameOnTimeout: "infrastructure",
    async run(input, ctx) {
      for (const command of asTexts(params.commands))
        await runFastboot(input, splitCommand(command), ctx, { docker: readDocker(params.docker) });
    },
  });

/** `boot-fastboot`: loads the `boot` image into memory and starts it. */
export const bootFastboot = (params: JsonObject) =>
  defineAction({
    name: "boot-fastboot",
    summary: "start the boot image",
    reads: { ...fastbootReads, image: downloadedSlot("boot") },
    needs: fastbootNeeds,
    async run({ image, ...input }, ctx) {
      await runFastboot(input, ["boot", image.path], ctx, {
        docker: readDocker(params.docker),
        paths: [image.path],
      });
    },
  });
