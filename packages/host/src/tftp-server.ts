import { constants } from "node:fs";
import { access, readFile } from "node:fs/promises";
import { configurationError, type TftpServer } from "@basalt/core";

export interface TftpOptions {
  /** The served folder; tftpd-hpa's TFTP_DIRECTORY if absent. */
  readonly root?: string;
  /** Bytes (dispatcher.yaml: tftp_size_limit); 4 GiB if absent. */
  readonly sizeLimitBytes?: number;
  /** tftpd-hpa's settings. */
  readonly defaultsFile?: string;
}

const whatToDo =
  "install a TFTP server (Debian's tftpd-hpa), or name its folder: tftp_root in the worker's dispatcher.yaml, or in basalt.config.yaml `dispatcher: {tftp_root: DIR}`";

/** TFTP_DIRECTORY of tftpd-hpa's settings, as its start script reads them. */
async function tftpdDirectory(defaultsFile: string): Promise<string | undefined> {
  const text = await readFile(defaultsFile, "utf8").catch(() => "");
  return [...text.matchAll(/^\s*TFTP_DIRECTORY=["']?([^"'\n]+?)["']?\s*$/gm)].at(-1)?.[1];
}

/** The TFTP server of this machine: who serves it is the lab's choice, we only put files into its folder. */
export function tftpServer({
  root,
  sizeLimitBytes = 2 ** 32,
  defaultsFile = "/etc/default/tftpd-hpa",
}: TftpOptions): TftpServer {
  return {
    sizeLimitBytes,
    async root() {
      const folder = root ?? (await tftpdDirectory(defaultsFile));
      if (folder === undefined)
        throw configurationError("ERR_TFTP_FOLDER", `this worker has no TFTP folder: ${whatToDo}`);
      try {
        await access(folder, constants.W_OK);
      } catch (cause) {
        const code = (cause as NodeJS.ErrnoException).code;
        const problem = code === "ENOENT" ? "does not exist" : "can't be written by this user";
        throw configurationError("ERR_TFTP_FOLDER", `the TFTP folder ${folder} ${problem}: ${whatToDo}`, { cause });
      }
      return folder;
    },
  };
}
