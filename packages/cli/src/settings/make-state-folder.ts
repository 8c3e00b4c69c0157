import { configurationError } from "@basalt/core";
import { makeFolders } from "@basalt/host";

/** Makes the folder in which a daemon keeps what it knows, for its user only by default. @throws ERR_STATE_FOLDER (configuration) */
export async function makeStateFolder(path: string, mode = 0o700): Promise<void> {
  await makeFolders(path, { mode }).catch((cause: Error) => {
    throw configurationError(
      "ERR_STATE_FOLDER",
      `the state folder ${path} can't be made: ${cause.message}; choose one that this user may make (--state-folder)`,
      { cause, details: { folder: path } },
    );
  });
}
