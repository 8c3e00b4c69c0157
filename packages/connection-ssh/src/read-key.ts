import { readFile } from "node:fs/promises";
import { configurationError } from "@basalt/core";

/** Reads a private key. @throws ERR_IDENTITY_FILE (configuration) naming the file, never its content */
export async function readKey(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw configurationError(
      "ERR_IDENTITY_FILE",
      `can't read the identity file ${path} (${(cause as NodeJS.ErrnoException).code}): check the path and that this user may read it`,
      { cause },
    );
  }
}
