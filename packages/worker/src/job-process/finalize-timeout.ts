import type { JobFolderFiles } from "./job-folder.js";
import { readIfThere } from "./whole-file.js";

/** LAVA's default, for a job that died before its plan was written. */
const defaultMs = 60_000;

/**
 * How long ending the job may take: the timeout of its last action, finalize, as description.yaml has it (lava-server.md 2.3), in
 * milliseconds. Read without YAML: the file is our own, and its last `timeout` at the top of the list is finalize's.
 */
export async function finalizeTimeoutMs({ description }: Pick<JobFolderFiles, "description">): Promise<number> {
  const text = (await readIfThere(description).catch(() => undefined)) ?? "";
  const found = [...text.matchAll(/^ {2}- name: finalize\n(?: {4}.*\n)*? {4}timeout: (\d+)$/gm)].at(-1);
  return found ? Number(found[1]) * 1_000 : defaultMs;
}
