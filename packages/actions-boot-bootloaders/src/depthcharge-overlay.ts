import { posix } from "node:path";
import {
  bootloaderOverlay,
  type FitImage,
  FitSlot,
  substituteCommands,
  type TftpFolder,
  TftpFolderSlot,
} from "@basalt/actions-common";
import {
  type AnyAction,
  asObject,
  asText,
  configurationError,
  defineAction,
  dig,
  type FileStore,
  FileStoreToken,
  type Json,
  methodOptions,
  optional,
  type PlanRequest,
} from "@basalt/core";

interface Made {
  readonly commands: readonly string[];
  readonly substitutions: Readonly<Record<string, Json>>;
}
interface Input {
  readonly fit: FitImage | undefined;
  readonly folder: TftpFolder | undefined;
  readonly filesOfJob: FileStore;
}

/** The kernel's command line: that of the device's list, and what context and block add. */
function commandLineOf({ params, device, job }: PlanRequest): string {
  const listed = dig(methodOptions(device, "boot", "depthcharge"), asText(params.commands) ?? "", "cmdline");
  return (
    [asText(listed), asText(params.extra_kernel_args)].filter(Boolean).join(" ") ||
    (asText(job.context.extra_kernel_args) ?? "")
  );
}

const texts = (values: unknown): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(asObject(values)).map(([name, value]) => [name.slice(1, -1), asText(value) ?? ""]));

/**
 * Like `bootloader-overlay`, with what only depthcharge takes: a file with the command line, the kernel as a FIT image, and a
 * ramdisk beside it where the image does not hold it. A missing ramdisk shortens its line, it does not remove it.
 */
export function depthchargeOverlay(request: PlanRequest): AnyAction {
  // names of depthcharge's own stay as they are on this first pass
  const overlay = bootloaderOverlay(request, "depthcharge");
  return defineAction({
    name: "depthcharge-overlay",
    summary: "put the job's files and the kernel's command line into the boot commands",
    reads: { ...overlay.reads, fit: optional(FitSlot), folder: optional(TftpFolderSlot) },
    needs: { ...overlay.needs, filesOfJob: FileStoreToken },
    writes: overlay.writes,
    ...(overlay.validate === undefined ? {} : { validate: overlay.validate }),
    async run(input, ctx) {
      const made = (await overlay.run(input, ctx)) as unknown as Made;
      const { fit, folder, filesOfJob: files } = input as unknown as Input;
      if (!folder)
        throw configurationError(
          "ERR_BOOT_COMMANDS",
          "depthcharge fetches its files over TFTP, and no earlier block has put any there: deploy to tftp first",
        );
      const known = texts(made.substitutions);
      const [commandLine = ""] = substituteCommands([commandLineOf(request)], known);
      const path = posix.join(folder.folder, "kernel", "cmdline");
      await files.write(path, commandLine);
      const own = {
        CMDLINE: posix.relative(folder.root, path),
        DEPTHCHARGE_KERNEL: fit ? posix.relative(folder.root, fit.path) : (known.KERNEL ?? ""),
        DEPTHCHARGE_RAMDISK: fit?.holdsRamdisk ? "" : (known.RAMDISK ?? ""),
      };
      const lines = made.commands.map((line) =>
        own.DEPTHCHARGE_RAMDISK === "" ? line.replaceAll("{DEPTHCHARGE_RAMDISK}", "").trimEnd() : line,
      );
      const commands = substituteCommands(lines, own);
      ctx.log.debug(`kernel command line: ${commandLine}`);
      for (const line of commands) ctx.log.debug(`boot command: ${line}`);
      const named = Object.fromEntries(Object.entries(own).map(([name, value]) => [`{${name}}`, value]));
      return { ...made, commands, substitutions: { ...made.substitutions, ...named } };
    },
  });
}
