import {
  type ActionContext,
  ArchiverToken,
  asObject,
  defineAction,
  FileStoreToken,
  infrastructureError,
  optional,
  type ProcessRunner,
  ProcessRunnerToken,
} from "@basalt/core";
import { runTool } from "../run-tool.js";
import { OverlayFileSlot } from "../slots.js";
import { NfsFolderSlot, type PersistentNfs, PersistentNfsSlot, RamdiskWorkSlot } from "./rootfs-slots.js";

const wantsOverlay = (ctx: ActionContext, key: string): boolean =>
  asObject(ctx.parameters[key]).install_overlay !== false;

/** Mounts the lab's NFS root while `work` runs. Needs root, as mounting does. */
async function mounted(
  nfs: PersistentNfs,
  folder: string,
  runner: ProcessRunner,
  ctx: ActionContext,
  work: () => Promise<void>,
): Promise<void> {
  const source = `${nfs.server}:${nfs.path}`;
  await runTool(runner, ["mount", "-t", "nfs", source, folder], ctx).catch((cause) => {
    throw infrastructureError(
      "ERR_NFS_MOUNT",
      `can't mount ${source} to put the overlay in: ${cause instanceof Error ? cause.message : cause}`,
      { cause },
    );
  });
  try {
    await work();
  } finally {
    // also after an abort: a mount that stays would keep the lab's server busy
    await runner.run(["umount", folder], { signal: new AbortController().signal });
  }
}

/** Puts the overlay where the device will find it: the NFS root, the lab's NFS root, else the ramdisk. */
export const applyOverlayTftp = defineAction({
  name: "apply-overlay-tftp",
  summary: "put the tests' overlay into the root file system",
  reads: {
    overlay: optional(OverlayFileSlot),
    nfs: optional(NfsFolderSlot),
    persistent: optional(PersistentNfsSlot),
    work: optional(RamdiskWorkSlot),
  },
  needs: { archiver: ArchiverToken, files: FileStoreToken, runner: ProcessRunnerToken },
  blameOnTimeout: "infrastructure",
  async run({ overlay, nfs, persistent, work, archiver, files, runner }, ctx) {
    if (overlay === undefined) return void ctx.log.debug("no test needs an overlay");
    const unpack = (folder: string) => archiver.unpackTar(overlay, folder, { compression: "gz", signal: ctx.signal });
    if (nfs) return wantsOverlay(ctx, "nfsrootfs") ? unpack(nfs.folder) : undefined;
    if (persistent) {
      if (!persistent.installOverlay) return;
      const folder = await files.makeFolder("persistent-nfs");
      return mounted(persistent, folder, runner, ctx, () => unpack(folder));
    }
    if (work && wantsOverlay(ctx, "ramdisk")) return unpack(work.additions);
    ctx.log.warning("there is no root file system to put the overlay into: tests need transfer_overlay to get it");
  },
});
