import { prepareBoardFiles } from "./files.mjs";
import { findPrograms } from "./programs.mjs";

/**
 * Programs and files of the virtual board, installed and made where they are missing: `{ programs, files, leftOut }`. `user` asks for
 * QEMU's user network, also as root.
 */
export async function prepareBoard(progress, { user = false } = {}) {
  const programs = await findPrograms({ progress, user });
  return { programs, leftOut: programs.leftOut, files: await prepareBoardFiles(progress) };
}
