import { type Installation, qemuBase, splitCommand } from "@basalt/actions-common";
import type { Device } from "@basalt/core";

/** What an installation is made of; paths are absolute. */
export interface IsoParts {
  /** The empty disk, and how the guest sees it: virtio, ide... */
  readonly disk: { readonly path: string; readonly interface: string };
  readonly iso: { readonly path: string; readonly imageArg?: string | undefined };
  /** Path on the TFTP server, relative to its root. */
  readonly preseed: { readonly tftpPath: string; readonly imageArg?: string | undefined };
  /** Pulled from the ISO image; absent: the machine boots the ISO image. */
  readonly kernel?: string | undefined;
  readonly initrd?: string | undefined;
}

const put = (text: string, values: Readonly<Record<string, string>>): string =>
  text.replace(/\{(\w+)\}/g, (whole, key: string) => values[key] ?? whole);

/** Where an argument list describes QEMU's own user network, whose TFTP server needs neither root nor a service of this worker. */
const userNetwork = (arg: string, option: string | undefined): boolean =>
  /^-{1,2}(?:netdev|nic|net)$/.test(option ?? "") && /^user(?:,|$)/.test(arg) && !/,tftp=/.test(arg);

/** Whether the device's machine has QEMU's user network, without a TFTP folder of its own. */
export const hasUserNetwork = (device: Device): boolean =>
  qemuBase(device, "qemu").some((arg, i, all) => userNetwork(arg, all[i - 1]));

/** A command line whose user network serves a folder over TFTP. */
export function withTftp(argv: readonly string[], folder: string): readonly string[] {
  const at = argv.findIndex((arg, i) => userNetwork(arg, argv[i - 1]));
  return argv.map((arg, i) => (i === at ? `${arg},tftp=${folder}` : arg));
}

/**
 * QEMU's command lines: the installer, whose reboot at its end ends QEMU, and the installed system. Options of the device, the disk, the
 * ISO image, the installer's kernel, the preseed's argument.
 */
export function isoCommands(device: Device, { disk, iso, preseed, kernel, initrd }: IsoParts): Installation {
  const values = { iso: iso.path, preseed: preseed.tftpPath };
  const drive = ["-drive", `format=qcow2,file=${disk.path},media=disk,if=${disk.interface}`];
  const installed = [...qemuBase(device, "qemu"), ...drive];
  const cd = iso.imageArg ?? "-drive file={iso},media=cdrom,readonly=on";
  return {
    installed,
    install: [
      ...installed,
      ...splitCommand(cd).map((word) => put(word, values)),
      ...(kernel === undefined ? [] : ["-kernel", kernel]),
      ...(initrd === undefined ? [] : ["-initrd", initrd]),
      ...(preseed.imageArg === undefined ? [] : splitCommand(preseed.imageArg)).map((word) => put(word, values)),
      "-no-reboot",
    ],
  };
}
