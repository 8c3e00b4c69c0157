import { asList, asObject, asText, asTexts, type Device, dig, type Json, slot } from "@basalt/core";
import { splitCommand } from "../split-command.js";

const words = (value: Json | undefined): readonly string[] =>
  asList(value).flatMap((option) => (asText(option) === undefined ? [] : splitCommand(asText(option) as string)));

/** `actions.boot.methods.<method>.parameters` of a device: how it starts QEMU. */
export const qemuParameters = (device: Device, method: string) =>
  asObject(dig(device.dictionary, "actions", "boot", "methods", method, "parameters"));

/** QEMU's program, where the device names one. */
export const qemuProgram = (device: Device, method: string): string | undefined =>
  asTexts(qemuParameters(device, method).command)[0];

/** The part of QEMU's command line that the device gives: program, options and extra, each split as a shell would. */
export function qemuBase(device: Device, method: string, program = qemuProgram(device, method)): readonly string[] {
  const { options, extra } = qemuParameters(device, method);
  return [...(program === undefined ? [] : splitCommand(program)), ...words(options), ...words(extra)];
}

/** QEMU's command lines of an installation: from the ISO image to an empty disk, and then from that disk. */
export interface Installation {
  readonly install: readonly string[];
  readonly installed: readonly string[];
}
export const InstallationSlot = slot<Installation>("iso.installation");
