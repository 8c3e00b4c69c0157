import { posix } from "node:path";
import { DispatcherToken, defineAction, FileStoreToken, TftpServerToken } from "@basalt/core";
import { TftpBaseSlot, TftpFolderSlot } from "../bootloader/boot-slots.js";

/** Makes the job's folder on the TFTP server, which goes when the job ends. `name` is the deploy action's, and part of the folder's. */
export const makeTftpFolder = (name: string) =>
  defineAction({
    name,
    summary: "make the job's folder on the TFTP server",
    needs: { tftp: TftpServerToken, files: FileStoreToken, dispatcher: DispatcherToken },
    writes: { folder: TftpFolderSlot, base: TftpBaseSlot },
    blameOnTimeout: "infrastructure",
    async run({ tftp, files, dispatcher }, { cleanup, job, level, log }) {
      const root = await tftp.root();
      const own = posix.join(root, `${dispatcher.prefix}${job.id}`);
      const folder = posix.join(own, `${name}-${level}`);
      cleanup.defer("the job's folder on the TFTP server", () => files.remove(own));
      await files.write(posix.join(folder, ".keep"), "");
      log.debug(`TFTP folder ${folder}`);
      return { folder: { root, folder }, base: folder };
    },
  });
