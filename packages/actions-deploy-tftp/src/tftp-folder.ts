import { posix } from "node:path";
import { TftpBaseSlot, TftpFolderSlot } from "@basalt/actions-common";
import { DispatcherToken, defineAction, FileStoreToken, TftpServerToken } from "@basalt/core";

/** Makes the job's folder on the TFTP server, which goes when the job ends. */
export const tftpDeploy = defineAction({
  name: "tftp-deploy",
  summary: "make the job's folder on the TFTP server",
  needs: { tftp: TftpServerToken, files: FileStoreToken, dispatcher: DispatcherToken },
  writes: { folder: TftpFolderSlot, base: TftpBaseSlot },
  blameOnTimeout: "infrastructure",
  async run({ tftp, files, dispatcher }, { cleanup, job, level, log }) {
    const root = await tftp.root();
    const own = posix.join(root, `${dispatcher.prefix}${job.id}`);
    const folder = posix.join(own, `tftp-deploy-${level}`);
    cleanup.defer("the job's folder on the TFTP server", () => files.remove(own));
    await files.write(posix.join(folder, ".keep"), "");
    log.debug(`TFTP folder ${folder}`);
    return { folder: { root, folder }, base: folder };
  },
});
