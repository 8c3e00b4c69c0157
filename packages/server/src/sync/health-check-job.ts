import { configurationError, readYaml, toBasaltError } from "@basalt/core";
import { checkJob, type PluginCatalog } from "@basalt/plugin-loader";
import type { LabText } from "./layout.js";

/** Refuses a health check that is no job. */
export type CheckHealthCheck = (text: LabText) => Promise<void>;

/** Checks health checks as jobs are checked that people submit. The check throws ERR_SYNC_REFUSED (configuration) with file and line. */
export function healthCheckAsJob({
  catalog,
  extraContext,
}: {
  readonly catalog: PluginCatalog;
  readonly extraContext: readonly string[];
}): CheckHealthCheck {
  return async ({ file, text }) => {
    try {
      const document = await readYaml(text, { file, kind: "job" });
      await checkJob(document, await catalog.loadAllForJobs(), { strict: false, catalog, extraContext });
    } catch (error) {
      const { kind, message } = toBasaltError(error);
      if (kind !== "job") throw error;
      throw configurationError("ERR_SYNC_REFUSED", message, { cause: error, details: { file } });
    }
  };
}
