const words: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  ENOTDIR: "there is no such file",
  EACCES: "this user may not read it",
  EISDIR: "it is a folder",
};

/** Why a file can't be read, in words; where we have none, in the system's. */
export function fileTrouble(cause: unknown): string {
  const { code = "", message } = cause as NodeJS.ErrnoException;
  return words[code] ?? message;
}
