import {
  type AnySlot,
  defineAction,
  FileStoreToken,
  type GroupNode,
  jobError,
  optional,
  type PlanNode,
  TftpServerToken,
  withTail,
} from "@basalt/core";
import { type Downloaded, downloadedSlot } from "../slots.js";
import { FitSlot } from "./prepare-fit.js";

/** A file that the device is told to fetch. */
type Fetched = Pick<Downloaded, "path"> | undefined;

const prefix = "file:";

/**
 * A group that, when its children are done, refuses files that are larger than devices can fetch (dispatcher.yaml: tftp_size_limit): a
 * bootloader would stop in the middle, and say so in its own way or not at all. `keys` are those of the downloads that the device fetches.
 */
export function withTftpSizes(keys: readonly string[], group: GroupNode): PlanNode {
  // a job names its extra files: none may be taken for a service
  const reads: Record<string, AnySlot> = { "FIT image": optional(FitSlot) };
  for (const key of keys) reads[`${prefix}${key}`] = optional(downloadedSlot(key));
  const check = defineAction({
    name: group.name,
    summary: "see that devices can fetch the files",
    reads,
    needs: { files: FileStoreToken, tftp: TftpServerToken },
    blameOnTimeout: "infrastructure",
    async run({ files, tftp, ...slots }) {
      const limit = tftp.sizeLimitBytes;
      for (const [name, file] of Object.entries(slots as unknown as Readonly<Record<string, Fetched>>)) {
        if (file === undefined || !(await files.exists(file.path))) continue;
        const size = await files.size(file.path);
        if (size <= limit) continue;
        const key = name.startsWith(prefix) ? name.slice(prefix.length) : name;
        throw jobError(
          "ERR_TFTP_SIZE",
          `${key}: ${file.path} has ${size} bytes, and devices fetch at most ${limit} by TFTP here (tftp_size_limit of the worker's dispatcher.yaml): give a smaller file, or deploy it another way`,
          { details: { key, path: file.path, size, limit } },
        );
      }
    },
  });
  return withTail(check, group);
}
