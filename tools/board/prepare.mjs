import { prepareBoardFiles } from "./files.mjs";
import { findPrograms } from "./programs.mjs";

/** Programs and files of the virtual board, installed and made where they are missing: `{ programs, files, leftOut }`. */
export async function prepareBoard(progress) {
  const programs = await findPrograms({ progress });
  return { programs, leftOut: programs.leftOut, files: await prepareBoardFiles(progress) };
}
