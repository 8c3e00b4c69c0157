import {
  asObject,
  asText,
  configurationError,
  type Device,
  type Job,
  type JsonObject,
  jobError,
  methodOptions,
} from "@basalt/core";

/** Which virtual board a job wants, and where. */
export interface AvhOptions {
  readonly model: string;
  /** Address of the API, without a slash at its end. */
  readonly endpoint: string;
  readonly projectName: string;
}

/**
 * The block's `options`, over those of the device (`actions.deploy.methods.avh.options`).
 * @throws ERR_AVH_MODEL (job) where neither names a model; ERR_DEVICE_INVALID (configuration) without API or project
 */
export function readOptions(params: JsonObject, device: Device): AvhOptions {
  const [own, ofDevice] = [asObject(params.options), asObject(methodOptions(device, "deploy", "avh").options)];
  const option = (key: string): string | undefined => asText(own[key]) ?? asText(ofDevice[key]);
  const [model, endpoint, projectName] = ["model", "api_endpoint", "project_name"].map(option);
  if (model === undefined)
    throw jobError("ERR_AVH_MODEL", "deploy to avh needs the model of the virtual board: add options: {model: rpi4b}");
  if (endpoint === undefined || projectName === undefined)
    throw configurationError(
      "ERR_DEVICE_INVALID",
      `device ${device.hostname} names no ${endpoint === undefined ? "api_endpoint" : "project_name"}: add it to actions.deploy.methods.avh.options`,
    );
  return { model, endpoint: endpoint.replace(/\/+$/, ""), projectName };
}

/** The account's API token: the job's secret `avh_api_token`. @throws ERR_AVH_TOKEN (job) where there is none */
export function apiToken({ secrets }: Pick<Job, "secrets">): string {
  const token = secrets.avh_api_token;
  if (token !== undefined && token !== "") return token;
  throw jobError(
    "ERR_AVH_TOKEN",
    "Arm Virtual Hardware needs an API token: add secrets: {avh_api_token: TOKEN} to the job",
  );
}
