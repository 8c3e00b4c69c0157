import { posix } from "node:path";
import { GuestDriveSlot, OverlayAppliedSlot, OverlaySlot, PreTestCommandsSlot, runTool } from "@basalt/actions-common";
import {
  asObject,
  asText,
  type Device,
  defineAction,
  dig,
  FileStoreToken,
  methodOptions,
  optional,
  ProcessRunnerToken,
} from "@basalt/core";
import { randomUuid } from "./random-uuid.js";

/** How the guest sees a drive: `actions.deploy.methods.image.parameters.guest` of the device. */
export function guestDevice(device: Device): {
  readonly interface: string;
  readonly driveid: string;
  readonly size: number;
} {
  const guest = asObject(dig(methodOptions(device, "deploy", "image"), "parameters", "guest"));
  return {
    interface: asText(guest.interface) ?? "ide",
    driveid: asText(guest.driveid) ?? "lavatest",
    size: typeof guest.size === "number" ? guest.size : 512,
  };
}

/**
 * Makes a drive that holds the overlay, for the guest to mount at its results folder: ext2 straight from the folder (`mke2fs -d`), in a
 * fraction of a second and without root, where LAVA boots libguestfs.
 */
export const applyOverlayGuest = defineAction({
  name: "apply-overlay-guest",
  summary: "make a drive of the overlay for the guest to mount",
  reads: { overlay: OverlaySlot, applied: optional(OverlayAppliedSlot) },
  needs: { files: FileStoreToken, runner: ProcessRunnerToken },
  writes: { drive: optional(GuestDriveSlot), commands: PreTestCommandsSlot },
  blameOnTimeout: "infrastructure",
  async run({ overlay, applied, files, runner }, ctx) {
    if (applied) {
      ctx.log.info("the overlay is in an image already: no drive needed");
      return { drive: undefined, commands: [] };
    }
    const guest = guestDevice(ctx.job.device);
    const path = posix.join(await files.makeFolder("apply-overlay-guest"), "lava-guest.ext2");
    const uuid = randomUuid();
    const content = posix.join(overlay.folder, overlay.resultsDir);
    await runTool(
      runner,
      [
        "mke2fs",
        "-q",
        "-F",
        "-t",
        "ext2",
        "-m",
        "0",
        "-U",
        uuid,
        "-E",
        "root_owner=0:0",
        "-d",
        content,
        path,
        `${guest.size}M`,
      ],
      ctx,
    );
    return {
      drive: {
        path,
        arguments: ["-drive", `format=raw,file=${path},media=disk,if=${guest.interface},id=${guest.driveid}`],
      },
      commands: [
        `mkdir -p ${overlay.resultsDir}`,
        `mount UUID=${uuid} -t ext2 ${overlay.resultsDir}`,
        `ls -la ${overlay.resultsDir}/bin/lava-test-runner`,
      ],
    };
  },
});
