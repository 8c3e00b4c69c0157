import {
  type Downloaded,
  type GuestDrive,
  type NfsRoot,
  qemuBase,
  qemuParameters,
  splitCommand,
} from "@basalt/actions-common";
import { asObject, asText, type Device, dig, type Job, type JsonObject } from "@basalt/core";

/** A file of a deploy block that QEMU is given, with the job's `image_arg`. */
export interface QemuImage {
  readonly key: string;
  readonly imageArg?: string;
}

/** Images of the last `to: tmpfs` (or nfs) deploy of the namespace before a boot block, in job order. */
export function deployedImages(job: Job, blockIndex: number, namespace: string): readonly QemuImage[] {
  const deploy = job.blocks.findLast(
    (block) =>
      block.section === "deploy" &&
      block.namespace === namespace &&
      block.index < blockIndex &&
      dig(block.params, "images") !== undefined,
  );
  const images = Object.entries(asObject(deploy?.params.images)).map(([key, image]) => {
    const imageArg = asText(asObject(image).image_arg);
    return { key, ...(imageArg === undefined ? {} : { imageArg }) };
  });
  const uefi = deploy && dig(deploy.params, "uefi") !== undefined ? [{ key: "uefi" }] : [];
  return [...uefi, ...images];
}

/** The kernel's arguments for a root over NFS, from the device's `append`. */
function nfsAppend(append: JsonObject, { serverIp, path }: NfsRoot): string {
  const text = (key: string): string => asText(append[key]) ?? "";
  const nfsArgs = text("nfsrootargs").replaceAll("{NFS_SERVER_IP}", serverIp).replaceAll("{NFSROOTFS}", path);
  return `console=${text("console")} root=/dev/nfs ${nfsArgs} rw ${text("ipargs")}`.trim();
}

export interface QemuCommandParts {
  readonly device: Device;
  /** `qemu` or `qemu-nfs`: the boot method whose parameters are used. */
  readonly method: string;
  readonly images: readonly (QemuImage & { readonly file: Downloaded })[];
  readonly drive: GuestDrive | undefined;
  /** Where a root file system over NFS is, for `qemu-nfs`. */
  readonly nfs?: NfsRoot | undefined;
  /** The program, where the block names another (`docker.binary`). */
  readonly binary?: string;
}

/** QEMU's command line: program, the device's options and extra, each image's `image_arg`, the overlay's drive (lava-dispatcher.md 7.3). */
export function qemuCommand({ device, method, images, drive, nfs, binary }: QemuCommandParts): readonly string[] {
  const files = Object.fromEntries(images.map(({ key, file }) => [key, file.path]));
  const substituted = (text: string): string =>
    text.replace(/\{([\w.-]+)\}/g, (whole, key: string) => files[key] ?? whole);
  const uefi = images.find(({ key }) => key === "uefi");
  return [
    ...qemuBase(device, method, binary),
    ...(uefi ? ["-bios", uefi.file.path] : []),
    ...images.flatMap(({ imageArg }) => (imageArg === undefined ? [] : splitCommand(substituted(imageArg)))),
    ...(drive ? drive.arguments : []),
    ...(nfs ? ["--append", nfsAppend(asObject(qemuParameters(device, method).append), nfs)] : []),
  ];
}
