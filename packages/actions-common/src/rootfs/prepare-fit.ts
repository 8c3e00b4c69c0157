import { posix } from "node:path";
import { asText, defineAction, dig, optional, ProcessRunnerToken, slot } from "@basalt/core";
import { runTool } from "../run-tool.js";
import { downloadedSlot } from "../slots.js";

/** A FIT image that was made of the deployed files. */
export interface FitImage {
  readonly path: string;
  /** The ramdisk is in it. */
  readonly holdsRamdisk: boolean;
}
export const FitSlot = slot<FitImage | undefined>("deploy.fit");

/** Compression of the kernel in the image, and the tool that does it: U-Boot's names. */
const packers: Readonly<Record<string, readonly string[]>> = {
  lzma: ["lzma", "--keep", "--force"],
  lz4: ["lz4", "-f", "-k"],
  gzip: ["gzip", "--keep", "--force"],
};
const suffix: Readonly<Record<string, string>> = { lzma: ".lzma", lz4: ".lz4", gzip: ".gz" };

/**
 * Puts kernel, device tree and ramdisk into one FIT image, as depthcharge on ARM wants them. Nothing is made where the device names
 * no `mkimage_arch`: x86 takes the kernel as it is.
 */
export const prepareFit = defineAction({
  name: "prepare-fit",
  summary: "make a FIT image of kernel, device tree and ramdisk",
  reads: {
    kernel: downloadedSlot("kernel"),
    dtb: optional(downloadedSlot("dtb")),
    ramdisk: optional(downloadedSlot("ramdisk")),
  },
  needs: { runner: ProcessRunnerToken },
  writes: { fit: FitSlot },
  async run({ kernel, dtb, ramdisk, runner }, ctx) {
    const { dictionary } = ctx.job.device;
    const deploy = dig(dictionary, "actions", "deploy", "parameters");
    const arch = asText(dig(deploy, "mkimage_arch"));
    if (arch === undefined) return { fit: undefined };
    const compression = asText(dig(deploy, "fit_algorithm")) ?? (arch === "arm64" ? "lzma" : "none");
    const packer = packers[compression];
    if (packer) await runTool(runner, [...packer, kernel.path], ctx);
    const path = posix.join(posix.dirname(kernel.path), "image.itb");
    const data = `${kernel.path}${packer ? suffix[compression] : ""}`;
    await runTool(
      runner,
      [
        ...["mkimage", "-D", "-I dts -O dtb -p 2048", "-f", "auto", "-A", arch, "-O", "linux", "-T", "kernel"],
        ...[
          "-C",
          packer ? compression : "none",
          "-d",
          data,
          "-a",
          asText(dig(dictionary, "parameters", "load_address")) ?? "0",
        ],
        ...(dtb ? ["-b", dtb.path] : []),
        ...(ramdisk ? ["-i", ramdisk.path] : []),
        path,
      ],
      ctx,
    );
    return { fit: { path, holdsRamdisk: ramdisk !== undefined } };
  },
});
