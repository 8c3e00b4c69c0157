import { addToExtImage, type Downloaded, downloadedSlot, OverlaySlot } from "@basalt/actions-common";
import {
  type ActionContext,
  type Archiver,
  ArchiverToken,
  type Compression,
  defineAction,
  type FileStore,
  FileStoreToken,
  jobError,
  ProcessRunnerToken,
  slot,
} from "@basalt/core";
import { pathIn } from "./build-files.js";

/** The folder that a build was unpacked into. */
export const BuildFolderSlot = slot<string>("qdl.build");

interface Unpacking {
  readonly files: FileStore;
  readonly archiver: Archiver;
}

/** A build is an archive whatever the job says of it; tar itself sees how it is compressed where nobody says. */
async function unpack(build: Downloaded, { files, archiver }: Unpacking, ctx: ActionContext): Promise<string> {
  const folder = await files.makeFolder("qcomflash");
  const compression = build.compression as Compression | undefined;
  ctx.log.info(`unpacking ${build.path}`);
  await archiver.unpackTar(build.path, folder, { signal: ctx.signal, ...(compression ? { compression } : {}) });
  return folder;
}

/** `qdl-deploy`'s own work after the download. */
export const unpackBuild = defineAction({
  name: "qdl-deploy",
  summary: "fetch and unpack the build",
  reads: { build: downloadedSlot("qcomflash") },
  needs: { files: FileStoreToken, archiver: ArchiverToken },
  writes: { folder: BuildFolderSlot },
  async run({ build, files, archiver }, ctx) {
    return { folder: await unpack(build, { files, archiver }, ctx) };
  },
});

/** `apply-overlay-qdl`: unpacks the build and puts the tests' overlay into the root file system in it. */
export const applyOverlayQdl = (rootfsImage: string | undefined) =>
  defineAction({
    name: "apply-overlay-qdl",
    summary: "put the overlay into the build's root file system",
    reads: { build: downloadedSlot("qcomflash"), overlay: OverlaySlot },
    needs: { files: FileStoreToken, archiver: ArchiverToken, runner: ProcessRunnerToken },
    writes: { folder: BuildFolderSlot },
    blameOnTimeout: "infrastructure",
    async validate() {
      if (rootfsImage === undefined)
        throw jobError(
          "ERR_QDL_ROOTFS",
          "apply-overlay needs 'rootfs_image': the build's file with the root file system",
        );
    },
    async run({ build, overlay, files, archiver, runner }, ctx) {
      const folder = await unpack(build, { files, archiver }, ctx);
      const image = pathIn(folder, rootfsImage ?? "");
      if (!(await files.exists(image)))
        throw jobError(
          "ERR_QDL_FILE",
          `the build has no file '${rootfsImage}' for the overlay: it holds ${(await files.list(folder)).join(", ") || "nothing"}`,
        );
      await addToExtImage({ files, runner }, image, overlay.folder, { ctx });
      return { folder };
    },
  });
