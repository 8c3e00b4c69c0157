import { type BasaltError, infrastructureError, isBasaltError } from "@basalt/core";

/** A failed file operation, as the lab's failure: `what` was attempted on `path`. */
export function diskError(what: string, path: string, cause: unknown): BasaltError {
  if (isBasaltError(cause)) return cause;
  const { code, message } = cause as NodeJS.ErrnoException;
  const details = { path, code };
  if (code === "ENOSPC" || code === "EDQUOT")
    return infrastructureError(
      "ERR_DISK_FULL",
      `cannot ${what} ${path}: the disk is full (${code}); free space on it`,
      {
        cause,
        details,
      },
    );
  // there is a folder above it: that it still says so is how /proc and /sys refuse
  if (code === "ENOENT" && what === "make folder")
    return infrastructureError(
      "ERR_FILE_UNREADABLE",
      `cannot ${what} ${path}: the system makes none there (${message}); choose another place`,
      { cause, details },
    );
  return infrastructureError("ERR_FILE_UNREADABLE", `cannot ${what} ${path}: ${message}`, { cause, details });
}
