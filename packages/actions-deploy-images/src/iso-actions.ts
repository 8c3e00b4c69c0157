import { posix } from "node:path";
import { downloadedSlot, InstallationSlot, runTool } from "@basalt/actions-common";
import {
  type ActionContext,
  asObject,
  asText,
  DispatcherToken,
  defineAction,
  type FileStore,
  FileStoreToken,
  infrastructureError,
  type JsonObject,
  jobError,
  type ProcessRunner,
  ProcessRunnerToken,
  slot,
  TftpServerToken,
} from "@basalt/core";
import { guestDevice } from "./apply-overlay-guest.js";
import { hasUserNetwork, isoCommands, withTftp } from "./iso-commands.js";

/** The disk that the installer installs to. */
const DiskSlot = slot<string>("iso.disk");
/** The installer's kernel and initial ramdisk. */
const InstallerFilesSlot = slot<{ readonly kernel?: string; readonly initrd?: string }>("iso.installer-files");

async function demandTool(runner: ProcessRunner, tool: string, debianPackage: string): Promise<void> {
  if ((await runner.find(tool)) === undefined)
    throw infrastructureError(
      "ERR_TOOL_MISSING",
      `${tool} is not installed on this worker: install Debian's package ${debianPackage}`,
    );
}

/** `prepare-empty-image`: makes the disk; it takes no room until it is written. */
export const prepareEmptyImage = (size: string) =>
  defineAction({
    name: "prepare-empty-image",
    summary: `make an empty disk of ${size}`,
    needs: { files: FileStoreToken, runner: ProcessRunnerToken },
    writes: { disk: DiskSlot },
    async validate({ runner }) {
      if (!/^\d+(\.\d+)?[bkKMGT]?$/.test(size))
        throw jobError("ERR_ISO_SIZE", `installation_size '${size}' is no size of a disk: write it like 4G`);
      await demandTool(runner, "qemu-img", "qemu-utils");
    },
    async run({ files, runner }, ctx) {
      const disk = posix.join(await files.makeFolder("prepare-empty-image"), "hd.qcow2");
      await runTool(runner, ["qemu-img", "create", "-q", "-f", "qcow2", disk, size], ctx);
      return { disk };
    },
  });

/** `pull-installer-files`: takes the installer's kernel and initial ramdisk from the ISO image, without mounting it. */
export function pullInstallerFiles(iso: JsonObject) {
  const wanted = { kernel: asText(iso.kernel), initrd: asText(iso.initrd) };
  const paths = Object.values(wanted).flatMap((path) => (path === undefined ? [] : [inside(path)]));
  return defineAction({
    name: "pull-installer-files",
    summary: "take the installer's kernel from the ISO image",
    reads: { image: downloadedSlot("iso") },
    needs: { files: FileStoreToken, runner: ProcessRunnerToken },
    writes: { pulled: InstallerFilesSlot },
    async validate({ runner }) {
      if (paths.length > 0) await demandTool(runner, "bsdtar", "libarchive-tools");
    },
    async run({ image, files, runner }, ctx) {
      if (paths.length === 0) return { pulled: {} };
      const folder = await files.makeFolder("pull-installer-files");
      await runTool(runner, ["bsdtar", "-x", "-f", image.path, "-C", folder, ...paths], ctx);
      const pulled = Object.entries(wanted).flatMap(([key, path]) =>
        path === undefined ? [] : [[key, posix.join(folder, inside(path))]],
      );
      return { pulled: Object.fromEntries(pulled) };
    },
  });
}

/** A path in an archive, which `..` does not lead out of. */
const inside = (path: string): string => posix.resolve("/", path).slice(1);

/** Puts the preseed where a guest without QEMU's user network fetches it: on the worker's TFTP server. It goes when the job ends. */
async function onTftpServer(
  path: string,
  root: string,
  own: string,
  files: FileStore,
  ctx: ActionContext,
): Promise<string> {
  const tftpPath = posix.join(own, `deploy-iso-installer-${ctx.level}`, posix.basename(path));
  ctx.cleanup.defer("the preseed on the TFTP server", () => files.remove(posix.join(root, own)));
  await files.copy(path, posix.join(root, tftpPath));
  return tftpPath;
}

/** `prepare-qemu-commands`: the command lines of the installer and of what it installs. */
export const prepareQemuCommands = (images: JsonObject) =>
  defineAction({
    name: "prepare-qemu-commands",
    summary: "write QEMU's command lines",
    reads: {
      disk: DiskSlot,
      pulled: InstallerFilesSlot,
      iso: downloadedSlot("iso"),
      preseed: downloadedSlot("preseed"),
    },
    needs: { files: FileStoreToken, tftp: TftpServerToken, dispatcher: DispatcherToken },
    writes: { commands: InstallationSlot },
    async run({ disk, pulled, iso, preseed, files, tftp, dispatcher }, ctx) {
      const { device, id } = ctx.job;
      const byQemu = hasUserNetwork(device);
      const tftpPath = byQemu
        ? posix.basename(preseed.path)
        : await onTftpServer(preseed.path, await tftp.root(), `${dispatcher.prefix}${id}`, files, ctx);
      const commands = isoCommands(device, {
        disk: { path: disk, interface: guestDevice(device).interface },
        iso: { path: iso.path, imageArg: asText(asObject(images.iso).image_arg) },
        preseed: { tftpPath, imageArg: asText(asObject(images.preseed).image_arg) },
        ...pulled,
      });
      ctx.log.info(
        byQemu ? "QEMU serves the preseed over TFTP at 10.0.2.2" : `the preseed is ${tftpPath} on the TFTP server`,
      );
      const install = byQemu ? withTftp(commands.install, posix.dirname(preseed.path)) : commands.install;
      return { commands: { ...commands, install } };
    },
  });
