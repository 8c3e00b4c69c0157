import { readFile } from "node:fs/promises";
import { BasaltError } from "@basalt/core";
import { fileTrouble } from "../file-trouble.js";
import type { InputFile } from "./input-file.js";

/** Reads a job's or a device's file. @throws the given code with what the system said */
export async function readInput(
  { path, name }: InputFile,
  { kind, code, what }: { readonly kind: "job" | "configuration"; readonly code: string; readonly what: string },
): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new BasaltError(kind, code, `can't read the ${what} ${name}: ${fileTrouble(cause)}`, {
      cause,
      details: { path },
    });
  }
}
