import { createHash } from "node:crypto";
import { dirname, resolve } from "node:path";
import type { JsonObject } from "@basalt/core";

/**
 * What this worker's jobs are called by on this machine (folders, TFTP paths, containers) where no setting says: job ids of two servers
 * begin alike, and two labs on one machine must not meet. The same for each job process of a state folder.
 */
export const withOwnPrefix = (jobFolder: string, dispatcher: JsonObject): JsonObject => {
  const state = dirname(dirname(resolve(jobFolder)));
  return { prefix: `${createHash("sha256").update(state).digest("hex").slice(0, 6)}-`, ...dispatcher };
};
