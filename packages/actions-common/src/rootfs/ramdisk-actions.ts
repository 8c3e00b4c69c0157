import { posix } from "node:path";
import {
  ArchiverToken,
  asObject,
  asText,
  type Compression,
  type Device,
  defineAction,
  dig,
  FileStoreToken,
  optional,
  ProcessRunnerToken,
} from "@basalt/core";
import { runTool } from "../run-tool.js";
import { downloadedSlot } from "../slots.js";
import { RamdiskWorkSlot } from "./rootfs-slots.js";

/** Puts a Debian installer's preseed file into the ramdisk, where the installer looks for it. */
export const configurePreseedFile = defineAction({
  name: "configure-preseed-file",
  summary: "put the preseed file into the installer's ramdisk",
  reads: { preseed: optional(downloadedSlot("preseed")), work: optional(RamdiskWorkSlot) },
  needs: { files: FileStoreToken },
  blameOnTimeout: "infrastructure",
  async run({ preseed, work, files }) {
    if (preseed && work) await files.copy(preseed.path, posix.join(work.additions, "preseed.cfg"));
  },
});

const deployParameter = (device: Device, key: string): string =>
  asText(dig(device.dictionary, "actions", "deploy", "parameters", key)) ?? "";

/** Puts the ramdisk together: what came, what was added, and U-Boot's header where the device wants it. */
export const compressRamdisk = defineAction({
  name: "compress-ramdisk",
  summary: "put the ramdisk together",
  reads: { ramdisk: optional(downloadedSlot("ramdisk")), work: optional(RamdiskWorkSlot) },
  needs: { archiver: ArchiverToken, files: FileStoreToken, runner: ProcessRunnerToken },
  writes: { ramdisk: optional(downloadedSlot("ramdisk")) },
  blameOnTimeout: "infrastructure",
  async run({ ramdisk, work, archiver, files, runner }, ctx) {
    if (!ramdisk || !work) return { ramdisk };
    const { device } = ctx.job;
    const header = deployParameter(device, "add_header") === "u-boot";
    const unchanged = (await files.list(work.additions)).length === 0;
    // one that came with the header that it needs goes as it came
    if (unchanged && header === (asText(asObject(ctx.parameters.ramdisk).header) === "u-boot")) return { ramdisk };
    if (!unchanged) {
      const extra = `${work.archive}.additions`;
      await archiver.packCpio(work.additions, extra, {
        signal: ctx.signal,
        ...(work.compression === undefined ? {} : { compression: work.compression as Compression }),
      });
      await runTool(runner, ["sh", "-c", 'cat "$1" >> "$2"', "sh", extra, work.archive], ctx);
    }
    const folder = posix.dirname(ramdisk.path);
    const suffix = work.compression === undefined ? "" : `.${work.compression}`;
    const target = posix.join(folder, `ramdisk.cpio${suffix}${header ? ".uboot" : ""}`);
    if (header) {
      const arch = deployParameter(device, "mkimage_arch") || "arm";
      await runTool(runner, ["mkimage", "-A", arch, "-T", "ramdisk", "-C", "none", "-d", work.archive, target], ctx);
    } else await files.copy(work.archive, target);
    return { ramdisk: { ...ramdisk, path: target } };
  },
});
