import { type PluginCatalog, type PreparedJob, prepareJob } from "@basalt/plugin-loader";
import type { DeviceInput } from "./device-input.js";
import { deviceText } from "./device-text.js";
import type { InputFile } from "./input-file.js";
import { jobText } from "./read-job.js";

export interface PrepareFilesOptions {
  readonly job: InputFile;
  readonly device: DeviceInput;
  readonly strict: boolean;
  readonly catalog: PluginCatalog;
  /** The plan is only looked at: an order of blocks that can't work is a warning, not a refusal. */
  readonly showOnly?: boolean;
}

/**
 * Reads the files of a job and a device, checks both, and plans. Touches no hardware and no network.
 * @throws what is wrong, of kind job or configuration
 */
export const prepareFiles = async ({ job, device, ...options }: PrepareFilesOptions): Promise<PreparedJob> =>
  prepareJob({
    ...options,
    job: await jobText(job),
    device: (context) => deviceText(device, context),
    extraContext: device.extraContext,
  });
