import { type JsonObject, jobError, toBasaltError } from "@basalt/core";
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
 * Reads, checks and plans a job for the first of its devices that can do it, so that a bad job is refused at submission with the words its
 * worker would use.
 * @throws what is wrong with the job (job); devices whose own texts are wrong don't count against it
 */
export async function checkJobHere(
  { catalog, configs }: CheckJobHere,
  text: string,
  devices: readonly SuitableDevice[],
  { strict = false, name = "job" } = {},
): Promise<PreparedJob | undefined> {
  const healthy = [...devices].sort((a, b) => Number(a.health === "Bad") - Number(b.health === "Bad"));
  let refused: unknown;
  for (const device of healthy.slice(0, mostTried)) {
    let unusable = false;
    try {
      return await prepareJob({
        job: { name, text },
        device: async (context: JsonObject) => {
          try {
            return await configs.device(device, context);
          } catch (error) {
            unusable = true;
            throw error;
          }
        },
        strict,
        catalog,
        extraContext: configs.extraContext,
      });
    } catch (error) {
      if (unusable) continue;
      const known = toBasaltError(error);
      if (known.kind !== "job" && known.kind !== "configuration") throw error;
      refused ??= error;
    }
  }
  if (refused === undefined) return undefined;
  const error = toBasaltError(refused);
  throw error.kind === "job" ? error : jobError(error.code, error.message, { cause: error });
}
