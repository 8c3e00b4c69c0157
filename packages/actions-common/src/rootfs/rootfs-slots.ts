import { slot } from "@basalt/core";

/** A ramdisk on its way to the device: what came, without a bootloader's header, and the folder whose content is added to it. */
export interface RamdiskWork {
  /** The archive without header, still compressed. */
  readonly archive: string;
  readonly compression?: string;
  /** Content to add, laid out as in the root file system. */
  readonly additions: string;
}
export const RamdiskWorkSlot = slot<RamdiskWork>("deploy.ramdisk-work");

/** An unpacked root file system on the worker that devices mount over NFS. */
export interface NfsFolder {
  /** Folder on the worker, prefix included. */
  readonly folder: string;
}
export const NfsFolderSlot = slot<NfsFolder>("deploy.nfs-folder");

/** A root file system on a server of the lab: `address:/path`, not ours to unpack. */
export interface PersistentNfs {
  readonly server: string;
  readonly path: string;
  readonly installOverlay: boolean;
}
export const PersistentNfsSlot = slot<PersistentNfs>("deploy.persistent-nfs");
