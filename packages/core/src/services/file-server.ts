import type { CleanupStack } from "../cleanup.js";
import { token } from "../token.js";

/** Offers files of the job to its device over HTTP. */
export interface FileServer {
  /** Gives the URL under which the device can fetch the file, until the stack unwinds. */
  offer(path: string, cleanup: CleanupStack): Promise<string>;
}
export const FileServerToken = token<FileServer>("FileServer");
