import { downloadedSlot, runTool, SessionSlot } from "@basalt/actions-common";
import { type Device, defineAction, ProcessRunnerToken } from "@basalt/core";

/** Writes the deployed image to the disk that U-Boot shows (`ums`), then ends U-Boot's command. */
export const flashUbootUms = (diskOf: (device: Device) => string | undefined) =>
  defineAction({
    name: "flash-uboot-ums",
    summary: "write the image to the board's USB disk",
    reads: { session: SessionSlot, image: downloadedSlot("image") },
    needs: { runner: ProcessRunnerToken },
    async run({ session, image, runner }, ctx) {
      const disk = diskOf(ctx.job.device) ?? "";
      // fsync: the board must not be reset before all is on it
      await runTool(runner, ["dd", `if=${image.path}`, `of=${disk}`, "bs=4M", "oflag=direct", "conv=fsync"], ctx);
      await session.console.sendControl("c", { signal: ctx.signal });
    },
  });
