import { type DockerMount, type DockerSpec, dockerRun, readDocker } from "@basalt/actions-common";
import { asObject, asText, asTexts, type Device, type Json, type JsonObject, methodOptions } from "@basalt/core";

/** The image of a deploy block: a name, or a docker dict. */
export const readImage = (value: Json | undefined): DockerSpec | undefined =>
  typeof value === "string" ? { image: value, local: false } : readDocker(value);

/** The docker daemon of a device: a remote one, or the worker's. */
export const daemonOf = (device: Device, section: "deploy" | "boot"): string | undefined =>
  asText(asObject(methodOptions(device, section, "docker").options).remote);

const each = (flag: string, value: Json | undefined): readonly string[] =>
  asTexts(value).map((item) => `--${flag}=${item}`);

/** What the device's dictionary says of its container: cpus, memory, volumes... 0 is no limit. */
export function containerOptions(options: JsonObject): readonly string[] {
  const limit = (flag: string, value: Json | undefined): readonly string[] =>
    value === undefined || value === null || Number(value) === 0 ? [] : [`--${flag}=${asText(value)}`];
  return [
    ...limit("cpus", options.cpus),
    ...limit("memory", options.memory),
    ...(options.privileged === true ? ["--privileged"] : []),
    ...each("cap-add", options.capabilities),
    ...each("device", options.devices),
    ...each("network", options.networks),
    ...each("volume", options.volumes),
    ...asTexts(options.extra_arguments),
  ];
}

export interface DeviceContainer {
  readonly device: Device;
  readonly docker: DockerSpec;
  readonly name: string;
  readonly mounts: readonly DockerMount[];
  readonly command: readonly string[];
}

/** The command line that starts the device's container. */
export const deviceContainer = ({ device, docker, name, mounts, command }: DeviceContainer): readonly string[] =>
  dockerRun(
    {
      image: docker.image,
      name,
      host: daemonOf(device, "boot"),
      interactive: true,
      mounts,
      extra: containerOptions(asObject(methodOptions(device, "boot", "docker").options)),
    },
    command,
  );
