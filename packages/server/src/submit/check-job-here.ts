import { type Device, type JsonObject, jobError, toBasaltError, type YamlDocument } from "@basalt/core";
import { type PluginCatalog, type PreparedJob, prepareJob } from "@basalt/plugin-loader";
import type { DeviceConfigs } from "../devices/index.js";
import type { SuitableDevice } from "./choose-devices.js";

export interface CheckJobHere {
  readonly catalog: PluginCatalog;
  readonly configs: DeviceConfigs;
}

/** Devices that are tried before a job is refused: they are of one type, and mostly alike. */
const mostTried = 3;

/**
 * The device for a job with this context.
 * @throws what is wrong with the device's texts (configuration), or with the context if they are right without it (job)
 */
export async function deviceForJob(
  configs: DeviceConfigs,
  device: Pick<SuitableDevice, "name" | "device_type">,
  context: JsonObject,
): Promise<Device> {
  try {
    return await configs.device(device, context);
  } catch (error) {
    if (Object.keys(context).length === 0 || (await configs.problem(device)) !== undefined) throw error;
    const { message } = toBasaltError(error);
    throw jobError("ERR_JOB_CONTEXT", `context: with these variables device ${device.name} can't be used: ${message}`, {
      cause: error,
    });
  }
}

/**
 * Checks and plans a job for the first of its devices that can do it, so that a bad job is refused at submission with the words its
 * worker would use.
 * @returns with the name of that device; undefined where no device's own texts are right: that does not count against the job
 * @throws what is wrong with the job (job)
 */
export async function checkJobHere(
  { catalog, configs }: CheckJobHere,
  job: YamlDocument,
  devices: readonly SuitableDevice[],
  { strict = false } = {},
): Promise<(PreparedJob & { readonly suits: string }) | undefined> {
  const healthy = [...devices].sort((a, b) => Number(a.health === "Bad") - Number(b.health === "Bad"));
  let refused: unknown;
  let tried = 0;
  for (const device of healthy) {
    if (tried === mostTried) break;
    let unusable = false;
    try {
      const prepared = await prepareJob({
        job,
        device: async (context: JsonObject) => {
          try {
            return await deviceForJob(configs, device, context);
          } catch (error) {
            unusable = toBasaltError(error).kind !== "job";
            throw error;
          }
        },
        strict,
        catalog,
        extraContext: configs.extraContext,
      });
      return { ...prepared, suits: device.name };
    } catch (error) {
      if (unusable) continue;
      tried++;
      const known = toBasaltError(error);
      // what is wrong by the schemas is wrong for any device; a strict check looks at the device's plan, too
      if ((known.code === "ERR_JOB_INVALID" && !strict) || (known.kind !== "job" && known.kind !== "configuration"))
        throw error;
      refused ??= error;
    }
  }
  if (refused === undefined) return undefined;
  const error = toBasaltError(refused);
  throw error.kind === "job" ? error : jobError(error.code, error.message, { cause: error });
}
