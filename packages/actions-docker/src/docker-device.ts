import { containerOptions, type DockerMount, type DockerSpec, dockerRun, readDocker } from "@basalt/actions-common";
import { asObject, asText, type Device, type Json, methodOptions } from "@basalt/core";

/** The image of a deploy block: a name, or a docker dict. */
export const readImage = (value: Json | undefined): DockerSpec | undefined =>
  typeof value === "string" ? { image: value, local: false } : readDocker(value);

/** The docker daemon of a device: a remote one, or the worker's. */
export const daemonOf = (device: Device, section: "deploy" | "boot"): string | undefined =>
  asText(asObject(methodOptions(device, section, "docker").options).remote);

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
