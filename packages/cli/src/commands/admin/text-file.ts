import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { configurationError } from "@basalt/core";
import type { Io } from "../../io.js";

/** A file's text. @throws ERR_ADMIN_FILE (configuration) */
export async function readTextFile(io: Io, file: string): Promise<string> {
  return readFile(resolve(io.cwd, file), "utf8").catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code === "ENOENT" ? "there is no such file" : cause.message;
    throw configurationError("ERR_ADMIN_FILE", `can't read ${file}: ${why}`, { cause, details: { file } });
  });
}
