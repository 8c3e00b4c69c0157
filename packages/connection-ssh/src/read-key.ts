import { configurationError, type FileStore } from "@basalt/core";

/** Reads a private key. @throws ERR_IDENTITY_FILE (configuration) naming the file, never its content */
export async function readKey(files: FileStore, path: string): Promise<string> {
  try {
    return await files.readText(path);
  } catch (cause) {
    throw configurationError(
      "ERR_IDENTITY_FILE",
      `can't read the identity file ${path}: check the path and that this user may read it`,
      { cause },
    );
  }
}
