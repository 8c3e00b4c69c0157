import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { configurationError } from "@basalt/core";
import { fileTrouble } from "../../file-trouble.js";
import type { Io } from "../../io.js";

/** A file's text. @throws ERR_ADMIN_FILE (configuration) */
export async function readTextFile(io: Io, file: string): Promise<string> {
  return readFile(resolve(io.cwd, file), "utf8").catch((cause: NodeJS.ErrnoException) => {
    throw configurationError("ERR_ADMIN_FILE", `can't read ${file}: ${fileTrouble(cause)}`, {
      cause,
      details: { file },
    });
  });
}
