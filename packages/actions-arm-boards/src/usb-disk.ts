import { posix } from "node:path";
import { type Downloaded, downloadedSlot, runTool } from "@basalt/actions-common";
import {
  ArchiverToken,
  asText,
  type Compression,
  type Device,
  defineAction,
  dig,
  FileStoreToken,
  type Json,
  jobError,
  methodOptions,
  ProcessRunnerToken,
  slot,
} from "@basalt/core";

/** Folder that the board's disk is mounted at. */
export const DiskSlot = slot<string>("arm.disk");
/** Folder that a recovery image was unpacked into. */
export const RecoverySlot = slot<string>("arm.recovery");

const needs = { runner: ProcessRunnerToken, files: FileStoreToken };

/** A parameter of a deploy method, as the device's dictionary has it. */
export const parameter = (device: Device, method: string, key: string): Json | undefined =>
  dig(methodOptions(device, "deploy", method), "parameters", key);

/** Mounts the board's disk. Whatever happens, it is unmounted when the attempt fails or the job ends. */
export const mountDisk = (name: string, diskOf: (device: Device) => string | undefined) =>
  defineAction({
    name,
    summary: "mount the board's USB disk",
    needs,
    writes: { disk: DiskSlot },
    blameOnTimeout: "infrastructure",
    async run({ runner, files }, ctx) {
      const disk = await files.makeFolder("usb-disk");
      await runTool(runner, ["mount", "-t", "vfat", diskOf(ctx.job.device) ?? "", disk], ctx);
      ctx.cleanup.defer("unmount the board's disk", async () => {
        const calm = { signal: new AbortController().signal };
        const { code } = await runner.run(["mountpoint", "--quiet", disk], calm);
        if (code === 0) await runner.run(["umount", "--lazy", disk], calm);
      });
      return { disk };
    },
  });

/** Unmounts it: only then all is on it. */
export const unmountDisk = (name: string) =>
  defineAction({
    name,
    summary: "unmount the board's USB disk",
    reads: { disk: DiskSlot },
    needs: { runner: ProcessRunnerToken },
    blameOnTimeout: "infrastructure",
    async run({ disk, runner }, ctx) {
      await runTool(runner, ["sync", "-f", disk], ctx);
      await runTool(runner, ["umount", disk], ctx);
    },
  });

/** Copies a downloaded file to the disk, under a folder and name of it. */
export const copyToDisk = (name: string, key: string, nameOnDisk: (image: Downloaded) => string) =>
  defineAction({
    name,
    summary: `copy ${key} to the board's USB disk`,
    reads: { disk: DiskSlot, image: downloadedSlot(key) },
    needs: { runner: ProcessRunnerToken },
    blameOnTimeout: "infrastructure",
    async run({ disk, image, runner }, ctx) {
      const to = posix.join(disk, posix.normalize(`/${nameOnDisk(image)}`));
      await runTool(runner, ["mkdir", "-p", posix.dirname(to)], ctx);
      await runTool(runner, ["cp", image.path, to], ctx);
    },
  });

/** `extract-vexpress-recovery-image`: a tar archive, or a zip. */
export const extractRecovery = defineAction({
  name: "extract-vexpress-recovery-image",
  summary: "unpack the recovery image",
  reads: { image: downloadedSlot("recovery_image") },
  needs: { ...needs, archiver: ArchiverToken },
  writes: { folder: RecoverySlot },
  blameOnTimeout: "infrastructure",
  async run({ image, archiver, runner, files }, ctx) {
    const folder = await files.makeFolder("recovery");
    const { compression } = image;
    if (compression === "zip") await runTool(runner, ["unzip", "-q", image.path, "-d", folder], ctx);
    else
      await archiver.unpackTar(image.path, folder, {
        signal: ctx.signal,
        ...(compression === undefined ? {} : { compression: compression as Compression }),
      });
    return { folder };
  },
});

/** `deploy-vexpress-recovery-image`: the disk holds nothing but it. */
export const deployRecovery = defineAction({
  name: "deploy-vexpress-recovery-image",
  summary: "copy the recovery image to the board's USB disk",
  reads: { disk: DiskSlot, folder: RecoverySlot },
  needs: { runner: ProcessRunnerToken },
  blameOnTimeout: "infrastructure",
  async run({ disk, folder, runner }, ctx) {
    await runTool(runner, ["find", disk, "-mindepth", "1", "-delete"], ctx);
    // a FAT file system has neither owners nor modes
    await runTool(runner, ["cp", "-r", "--no-preserve=all", `${folder}/.`, disk], ctx);
  },
});

/** `deploy-mps-reboot-txt`: a file that makes the board restart. */
export const deployRebootFile = defineAction({
  name: "deploy-mps-reboot-txt",
  summary: "tell the board to restart",
  reads: { disk: DiskSlot },
  needs: { files: FileStoreToken },
  blameOnTimeout: "infrastructure",
  async run({ disk, files }, ctx) {
    const content = asText(parameter(ctx.job.device, "mps", "reboot-string")) ?? "reboot";
    await files.write(posix.join(disk, "reboot.txt"), content);
  },
});

/** `check-musca-flash`: a board that did not take the program says why in a file of its disk. */
export const checkMuscaFlash = defineAction({
  name: "check-musca-flash",
  summary: "look whether the board took the program",
  reads: { disk: DiskSlot },
  needs: { files: FileStoreToken },
  async run({ disk, files }) {
    const failed = posix.join(disk, "FAIL.TXT");
    if (!(await files.exists(failed))) return;
    throw jobError("ERR_FLASH_REFUSED", `the board did not take the program: ${(await files.readText(failed)).trim()}`);
  },
});
