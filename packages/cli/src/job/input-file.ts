import { relative, resolve } from "node:path";

/** A file that the command line names. */
export interface InputFile {
  /** Absolute path. */
  readonly path: string;
  /** What messages call it: as short as it can be said from here. */
  readonly name: string;
}

/** A file by the name the user gave, which starts from `cwd`. */
export function inputFile(cwd: string, given: string): InputFile {
  const path = resolve(cwd, given);
  const near = relative(cwd, path);
  return { path, name: near.startsWith("..") || near === "" ? path : near };
}
