import {
  applyOverlayTftp,
  type Downloaded,
  deployDeviceEnv,
  downloadedSlot,
  downloadPlan,
  extractModules,
  extractNfsRootfs,
  NfsFolderSlot,
  NfsRootSlot,
  overlayPlan,
  readDownload,
} from "@basalt/actions-common";
import {
  type AnySlot,
  ArchiverToken,
  accepted,
  asObject,
  type Compression,
  DispatcherToken,
  defineAction,
  definePlugin,
  defineStrategy,
  FileStoreToken,
  hasKey,
  hasMethod,
  type PlanRequest,
  refused,
  sequence,
} from "@basalt/core";
import { nfsSchema } from "./schema.js";

const target = (request: PlanRequest) => ({ folder: `${request.block.index + 1}-nfs-deploy` });

/** `to: nfs` for a device that mounts its root over NFS. */
export const nfs = defineStrategy({
  section: "deploy",
  method: "nfs",
  compatibility: 1,
  schema: nfsSchema,
  accepts({ device }) {
    if (!hasMethod(device, "deploy", "nfs")) return refused("the device lists no deploy method 'nfs'");
    return hasMethod(device, "deploy", "image")
      ? refused("the device lists the deploy method 'image', too: nfs is QEMU's there")
      : accepted;
  },
  plan(request) {
    const { params, namespace, deploymentData } = request;
    return sequence(
      "nfs-deploy",
      hasKey(params, "nfsrootfs") &&
        downloadPlan(readDownload("nfsrootfs", params.nfsrootfs), target(request), request),
      hasKey(params, "modules") && downloadPlan(readDownload("modules", params.modules), target(request), request),
      extractNfsRootfs,
      overlayPlan(request, { always: true }),
      extractModules,
      applyOverlayTftp,
      namespace.needsDeploymentData && deployDeviceEnv(deploymentData),
    );
  },
});

/** Unpacks the image named nfsrootfs, which QEMU's kernel mounts as its root. */
const qemuNfsDeploy = (keys: readonly string[]) =>
  defineAction({
    name: "qemu-nfs-deploy",
    summary: "unpack QEMU's NFS root file system",
    reads: Object.fromEntries(keys.map((key) => [`image:${key}`, downloadedSlot(key)])) as Record<string, AnySlot>,
    needs: { archiver: ArchiverToken, files: FileStoreToken, dispatcher: DispatcherToken },
    writes: { folder: NfsFolderSlot, nfs: NfsRootSlot },
    async run({ archiver, files, dispatcher, ...values }, ctx) {
      const images = values as unknown as Readonly<Record<string, Downloaded | undefined>>;
      const folder = await files.makeFolder("qemu-nfs-deploy");
      const rootfs = images["image:nfsrootfs"];
      if (rootfs)
        await archiver.unpackTar(rootfs.path, folder, {
          signal: ctx.signal,
          ...(rootfs.compression === undefined ? {} : { compression: rootfs.compression as Compression }),
        });
      ctx.job.dynamicData.set("NFS_ROOTFS", folder);
      ctx.job.dynamicData.set("NFS_SERVER_IP", dispatcher.ip);
      return { folder: { folder }, nfs: { serverIp: dispatcher.ip, path: folder } };
    },
  });

/** `to: nfs` for QEMU. Stands first: it wins over {@link nfs} where both accept. */
export const qemuNfs = defineStrategy({
  section: "deploy",
  method: "nfs",
  compatibility: 5,
  schema: nfsSchema,
  accepts({ device }) {
    if (!hasMethod(device, "deploy", "nfs")) return refused("the device lists no deploy method 'nfs'");
    return hasMethod(device, "boot", "qemu-nfs") ? accepted : refused("the device lists no boot method 'qemu-nfs'");
  },
  plan(request) {
    const { params, namespace, deploymentData } = request;
    const images = Object.entries(asObject(params.images));
    return sequence(
      "deploy-qemu-nfs",
      hasKey(params, "uefi") && downloadPlan(readDownload("uefi", params.uefi), target(request), request),
      ...images.map(([name, image]) => downloadPlan(readDownload(name, image), target(request), request)),
      qemuNfsDeploy(images.map(([name]) => name)),
      namespace.needsOverlay && overlayPlan(request),
      namespace.needsOverlay && applyOverlayTftp,
      namespace.needsDeploymentData && deployDeviceEnv(deploymentData),
    );
  },
});

export default definePlugin({ name: "@basalt/actions-deploy-nfs", strategies: [qemuNfs, nfs] });
