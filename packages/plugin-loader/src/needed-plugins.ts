import { asText, type Device, isJsonObject, type Job, methodOf } from "@basalt/core";
import type { ContributionKind, PluginManifest } from "./manifest.js";

/** Something a job or device asks a plugin for. */
export interface Need {
  readonly kind: ContributionKind;
  readonly name: string;
}

/** The methods and protocols that a job's blocks name. */
export function needsOfJob(job: Job): readonly Need[] {
  const blocks = job.blocks.flatMap((block): readonly Need[] => {
    const name = methodOf(block);
    return name === undefined ? [] : [{ kind: block.section, name }];
  });
  return [...blocks, ...Object.keys(job.protocols).map((name): Need => ({ kind: "protocols", name }))];
}

const lavaPowerCommands = ["hard_reset", "power_on", "power_off"];

/** The power driver a device names: `power.driver`, `command` for LAVA's commands, none where it has no power control. */
export function powerDriverName({ dictionary }: Device): string | undefined {
  if (isJsonObject(dictionary.power)) return asText(dictionary.power.driver);
  const { commands } = dictionary;
  return isJsonObject(commands) && lavaPowerCommands.some((key) => commands[key]) ? "command" : undefined;
}

/** The drivers that a device's power and consoles name. */
export function needsOfDevice(device: Device): readonly Need[] {
  const power = powerDriverName(device);
  return [
    ...(power === undefined ? [] : [{ kind: "power" as const, name: power }]),
    ...device.connections.map(({ driver }): Need => ({ kind: "connections", name: driver })),
  ];
}

/** The plugins that serve some of these needs, in the order given; the code of the others need not be loaded. */
export const neededPlugins = (
  manifests: readonly PluginManifest[],
  needs: readonly Need[],
): readonly PluginManifest[] =>
  manifests.filter(({ contributes }) => needs.some(({ kind, name }) => contributes[kind].includes(name)));
