import { token } from "../token.js";

/** The TFTP server of this worker: a folder that devices can fetch from. */
export interface TftpServer {
  /** The served folder, absolute (tftpd-hpa: TFTP_DIRECTORY). @throws ERR_TFTP_FOLDER (configuration) where there is none or it can't be written */
  root(): Promise<string>;
  /** The largest file that devices fetch, in bytes (dispatcher.yaml: tftp_size_limit); some TFTP clients stop at 4 GiB. */
  readonly sizeLimitBytes: number;
}
export const TftpServerToken = token<TftpServer>("TftpServer");
