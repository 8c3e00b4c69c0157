import { asList, asObject, asText, asTexts, type Device, dig, type Json, type JsonObject, slot } from "@basalt/core";

/** A job's `docker:`, read (lava-dispatcher.md 1.4). */
export interface DockerSpec {
  readonly image: string;
  /** The image is on this machine: nothing is pulled. */
  readonly local: boolean;
  readonly containerName?: string;
  /** Namespace whose container's network is shared. */
  readonly networkFrom?: string;
  readonly login?: { readonly registry: string; readonly user: string; readonly password: string };
}

/** Reads a `docker:` dict; undefined where there is none. */
export function readDocker(value: Json | undefined): DockerSpec | undefined {
  const docker = asObject(value);
  const image = asText(docker.image) ?? asText(docker.name);
  if (image === undefined) return undefined;
  const login = asObject(docker.login);
  const containerName = asText(docker.container_name);
  const networkFrom = asText(docker.network_from);
  const registry = asText(login.registry);
  return {
    image,
    local: docker.local === true,
    ...(containerName === undefined ? {} : { containerName }),
    ...(networkFrom === undefined ? {} : { networkFrom }),
    ...(registry === undefined
      ? {}
      : { login: { registry, user: asText(login.user) ?? "", password: asText(login.password) ?? "" } }),
  };
}

/** What a device asks of docker for tests: `actions.test.methods.docker`. Null items are dropped, lists in it flattened. */
export interface DockerOptions {
  readonly globalOptions: readonly string[];
  readonly options: readonly string[];
}

const flat = (value: Json | undefined): readonly string[] =>
  asList(value).flatMap((item) => (Array.isArray(item) ? flat(item) : asTexts(item)));

/** Reads it. */
export function dockerOptions(device: Device): DockerOptions {
  const options: JsonObject = asObject(dig(device.dictionary, "actions", "test", "methods", "docker"));
  return { globalOptions: flat(options.global_options), options: flat(options.options) };
}

/** Name of the container that a namespace runs, for `network_from`. */
export const DockerContainerSlot = slot<string>("docker.container");
