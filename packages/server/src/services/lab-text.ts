import { checkText, healthCheckAsJob, keyText, type LabText } from "../sync/index.js";
import type { Context } from "./context.js";

/**
 * Checks a text before it is written, as an import of a folder would; an empty one takes the text away.
 * @throws ERR_SYNC_REFUSED (configuration) with the line: dictionaries and templates that can't be rendered (now, or without the template
 * that is taken away), YAML that can't be read, health checks that are no job
 */
export async function checkLabText({ store, catalog, configs }: Context, text: Omit<LabText, "file">): Promise<void> {
  const asJob = healthCheckAsJob({ catalog, extraContext: configs.extraContext });
  await checkText(store, { ...text, file: keyText(text) }, asJob);
}
