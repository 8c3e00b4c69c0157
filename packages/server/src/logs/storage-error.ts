import { type BasaltError, infrastructureError } from "@basalt/core";

const full = new Set(["ENOSPC", "EDQUOT"]);

/** The disk's answer, in words. */
export function storageError(what: string, path: string, cause: unknown): BasaltError {
  const { code } = cause as NodeJS.ErrnoException;
  const text = cause instanceof Error ? cause.message : String(cause);
  if (full.has(code ?? ""))
    return infrastructureError(
      "ERR_DISK_FULL",
      `can't ${what} ${path}: the disk is full (${code}). Free some space: nothing was lost, the rest is sent again`,
      { cause },
    );
  return infrastructureError("ERR_LOG_STORE", `can't ${what} ${path}: ${text}`, { cause });
}
