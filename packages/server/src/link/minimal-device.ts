import { asObject, hasKey, type Json, type JsonObject, readYamlFast } from "@basalt/core";
import { stringify } from "yaml";

const kept = ["hostname", "devicetype", "timeouts"];

/**
 * What a job gets of its host's device that only runs over the host's connection (spec 6.8): no commands, parameters or power, and no kernel
 * message to wait for.
 */
export function minimalDevice(rendered: string): string {
  const device = asObject(readYamlFast(rendered));
  const actions = asObject(device.actions);
  const section = (name: string): JsonObject => {
    const { connections, methods } = asObject(actions[name]);
    return {
      ...(connections === undefined ? {} : { connections: connections as Json }),
      ...(methods === undefined ? {} : { methods: methods as Json }),
    };
  };
  const minimal: JsonObject = {
    ...Object.fromEntries(kept.filter((key) => hasKey(device, key)).map((key) => [key, device[key] as Json])),
    // a device without any is none to its worker
    parameters: {},
    constants: { ...asObject(device.constants), "kernel-start-message": "" },
    actions: Object.fromEntries(
      ["deploy", "boot"].filter((name) => hasKey(actions, name)).map((name) => [name, section(name)]),
    ),
  };
  return stringify(minimal, { version: "1.1", aliasDuplicateObjects: false });
}
