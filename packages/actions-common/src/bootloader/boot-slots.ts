import { type Slot, slot } from "@basalt/core";

/** A job's folder on the TFTP server, absolute. Its files are named to devices relative to the server's root. */
export interface TftpFolder {
  readonly root: string;
  readonly folder: string;
}
export const TftpFolderSlot = slot<TftpFolder>("deploy.tftp-folder");
/** The same folder as a base for downloads. */
export const TftpBaseSlot: Slot<string> = slot<string>("deploy.tftp-base");

/** The U-Boot command that starts the deployed kernel: `bootm`, `bootz` or `booti`. */
export const BootCommandSlot = slot<string>("deploy.boot-command");

/** An NFS root file system: where devices mount it from. */
export interface NfsRoot {
  readonly serverIp: string;
  /** Path as the server exports it. */
  readonly path: string;
}
export const NfsRootSlot = slot<NfsRoot>("deploy.nfs-root");

/** A network block device that serves the root file system. */
export interface NbdRoot {
  readonly serverIp: string;
  readonly port: number;
}
export const NbdRootSlot = slot<NbdRoot>("deploy.nbd-root");

/** Where an image was written on the device's own media (usb, sd, sata), as a bootloader names it. */
export interface MediaRoot {
  /** `root=` of the kernel: `PARTUUID=...` or a device node. */
  readonly root: string;
  /** The bootloader's device and partition: `0:1`. */
  readonly part: string;
}
export const MediaRootSlot = slot<MediaRoot>("deploy.media-root");

/** Commands for the bootloader, ready to type. */
export const BootloaderCommandsSlot = slot<readonly string[]>("boot.commands");
