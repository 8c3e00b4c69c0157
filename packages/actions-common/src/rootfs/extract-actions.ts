import { posix } from "node:path";
import {
  type ActionContext,
  ArchiverToken,
  asObject,
  asText,
  type Compression,
  DispatcherToken,
  defineAction,
  FileStoreToken,
  type JsonObject,
  jobError,
  optional,
  ProcessRunnerToken,
} from "@basalt/core";
import { NfsRootSlot } from "../bootloader/boot-slots.js";
import { runTool } from "../run-tool.js";
import { type Downloaded, downloadedSlot } from "../slots.js";
import { NfsFolderSlot, PersistentNfsSlot, RamdiskWorkSlot } from "./rootfs-slots.js";

const compressionOf = (file: Downloaded): { compression?: Compression } =>
  file.compression === undefined ? {} : { compression: file.compression as Compression };

/** What a block says of a part; `{}` where it does not name it. */
const part = (ctx: ActionContext, key: string): JsonObject => asObject(ctx.parameters[key]);

/** Unpacks the `nfsrootfs` tarball; nothing where the block has none. */
export const extractNfsRootfs = defineAction({
  name: "extract-nfsrootfs",
  summary: "unpack the NFS root file system",
  reads: { rootfs: optional(downloadedSlot("nfsrootfs")) },
  needs: { archiver: ArchiverToken, files: FileStoreToken, dispatcher: DispatcherToken },
  writes: { folder: optional(NfsFolderSlot), nfs: optional(NfsRootSlot) },
  blameOnTimeout: "infrastructure",
  async run({ rootfs, archiver, files, dispatcher }, ctx) {
    if (!rootfs) return { folder: undefined, nfs: undefined };
    const root = await files.makeFolder("extract-nfsrootfs");
    await archiver.unpackTar(rootfs.path, root, { signal: ctx.signal, ...compressionOf(rootfs) });
    const prefix = asText(part(ctx, "nfsrootfs").prefix);
    const folder = prefix === undefined ? root : posix.join(root, prefix);
    if (!(await files.exists(folder)))
      throw jobError("ERR_NFS_PREFIX", `nfsrootfs: the archive has no folder '${prefix}' (prefix)`);
    await files.remove(rootfs.path);
    ctx.job.dynamicData.set("NFS_ROOTFS", folder);
    ctx.job.dynamicData.set("NFS_SERVER_IP", dispatcher.ip);
    return { folder: { folder }, nfs: { serverIp: dispatcher.ip, path: folder } };
  },
});

/** Reads `persistent_nfs: {address: server:/path}`; nothing where the block has none. */
export const parsePersistentNfs = defineAction({
  name: "parse-persistent-nfs",
  summary: "read the address of the lab's NFS root",
  reads: { nfs: optional(NfsRootSlot) },
  writes: { persistent: optional(PersistentNfsSlot), nfs: optional(NfsRootSlot) },
  async run({ nfs }, ctx) {
    const address = asText(part(ctx, "persistent_nfs").address);
    if (address === undefined) return { persistent: undefined, nfs };
    const colon = address.indexOf(":");
    if (colon <= 0)
      throw jobError(
        "ERR_NFS_ADDRESS",
        `persistent_nfs.address: '${address}' is not an NFS address: expected SERVER:/PATH`,
      );
    const persistent = {
      server: address.slice(0, colon),
      path: address.slice(colon + 1),
      installOverlay: part(ctx, "persistent_nfs").install_overlay !== false,
    };
    ctx.job.dynamicData.set("NFS_ROOTFS", persistent.path);
    ctx.job.dynamicData.set("NFS_SERVER_IP", persistent.server);
    return { persistent, nfs: { serverIp: persistent.server, path: persistent.path } };
  },
});

/** U-Boot's legacy image header, in bytes. */
const headerBytes = 64;

/**
 * Makes a ramdisk ready to take additions: without U-Boot's header. It is not unpacked: an initramfs may be several archives one after
 * the other, so what is added becomes an archive of its own. That keeps device nodes and owners without root, and takes no time.
 */
export const extractOverlayRamdisk = defineAction({
  name: "extract-overlay-ramdisk",
  summary: "make the ramdisk ready to take the overlay",
  reads: { ramdisk: optional(downloadedSlot("ramdisk")) },
  needs: { files: FileStoreToken, runner: ProcessRunnerToken },
  writes: { work: optional(RamdiskWorkSlot) },
  blameOnTimeout: "infrastructure",
  async run({ ramdisk, files, runner }, ctx) {
    if (!ramdisk) return { work: undefined };
    const folder = await files.makeFolder("extract-overlay-ramdisk");
    const archive = posix.join(folder, "ramdisk");
    if (asText(part(ctx, "ramdisk").header) === "u-boot")
      await runTool(runner, ["sh", "-c", `tail -c +${headerBytes + 1} "$1" > "$2"`, "sh", ramdisk.path, archive], ctx);
    else await files.copy(ramdisk.path, archive);
    const additions = await files.makeFolder("ramdisk-additions");
    return {
      work: { archive, additions, ...(ramdisk.compression === undefined ? {} : { compression: ramdisk.compression }) },
    };
  },
});

const wants = (ctx: ActionContext, key: string, option: string): boolean => part(ctx, key)[option] !== false;

/** Unpacks kernel modules into the ramdisk and the NFS root, unless `install_modules` says no. */
export const extractModules = defineAction({
  name: "extract-modules",
  summary: "unpack kernel modules into the root file systems",
  reads: {
    modules: optional(downloadedSlot("modules")),
    work: optional(RamdiskWorkSlot),
    nfs: optional(NfsFolderSlot),
  },
  needs: { archiver: ArchiverToken },
  blameOnTimeout: "infrastructure",
  async run({ modules, work, nfs, archiver }, ctx) {
    if (!modules) return;
    const options = { signal: ctx.signal, ...compressionOf(modules) };
    if (!work && !nfs)
      throw jobError("ERR_MODULES_NOWHERE", "modules: there is neither a ramdisk nor an nfsrootfs to put them into");
    if (work && wants(ctx, "ramdisk", "install_modules"))
      await archiver.unpackTar(modules.path, work.additions, options);
    if (nfs && wants(ctx, "nfsrootfs", "install_modules")) await archiver.unpackTar(modules.path, nfs.folder, options);
  },
});
