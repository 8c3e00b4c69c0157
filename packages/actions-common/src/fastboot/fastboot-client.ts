import {
  type ActionContext,
  asText,
  asTexts,
  configurationError,
  type Device,
  type FileStore,
  FileStoreToken,
  optional,
  type ProcessResult,
  type ProcessRunner,
  ProcessRunnerToken,
  slot,
} from "@basalt/core";
import { type DockerSpec, runToolInPlace } from "../docker/index.js";

/** The serial number that `detect-fastboot-device` found. */
export const FastbootSerialSlot = slot<string>("fastboot.serial");

/** What LAVA's templates write where a board's serial number is not set. */
const unset = "0000000000";

/** Whether a serial number is an address: `tcp:192.168.0.7:5554`, `udp:...`. Such boards are not on USB. */
export const isNetworkSerial = (serial: string): boolean => /^(tcp|udp):/.test(serial);

const serialOf = (device: Device, key: string): string | undefined => {
  const serial = asText(device.dictionary[key])?.replaceAll("'", ""); // a template's own quotes
  return serial === undefined || serial === unset || serial === "" ? undefined : serial;
};

/** Serial number that adb knows the board by. */
export const adbSerial = (device: Device): string | undefined => serialOf(device, "adb_serial_number");

/** Whether the board's serial number must be found out. */
export const detectsFastboot = (device: Device): boolean =>
  asText(device.dictionary.fastboot_serial_number) === unset && device.dictionary.fastboot_auto_detection === true;

/** What an action that talks fastboot reads and needs. */
export const fastbootReads = { detected: optional(FastbootSerialSlot) };
export const fastbootNeeds = { runner: ProcessRunnerToken, files: FileStoreToken };

/** The services and values of {@link fastbootNeeds} and {@link fastbootReads}. */
export interface FastbootInput {
  readonly detected: string | undefined;
  readonly runner: ProcessRunner;
  readonly files: FileStore;
}

/** The board's serial number. @throws ERR_FASTBOOT_SERIAL (configuration) */
export function fastbootSerial(detected: string | undefined, device: Device): string {
  const serial = detected ?? serialOf(device, "fastboot_serial_number");
  if (serial !== undefined) return serial;
  throw configurationError(
    "ERR_FASTBOOT_SERIAL",
    `device ${device.hostname} has no fastboot_serial_number: add it, or fastboot_auto_detection: true`,
  );
}

/** How a command of the board's is run. */
export interface BoardCommand {
  readonly docker: DockerSpec | undefined;
  /** Files of the worker that the command names. */
  readonly paths?: readonly string[];
}

/** Runs `fastboot -s SERIAL COMMAND... OPTIONS...` on the worker, or in the job's container. */
export function runFastboot(
  input: FastbootInput,
  command: readonly string[],
  ctx: ActionContext,
  { docker, paths = [] }: BoardCommand,
): Promise<ProcessResult> {
  const { device } = ctx.job;
  const serial = fastbootSerial(input.detected, device);
  const argv = ["fastboot", "-s", serial, ...command, ...asTexts(device.dictionary.fastboot_options)];
  return runToolInPlace({ ...input, ...placeOf(serial, docker), paths }, argv, ctx);
}

/** Where a board's tool runs: with its USB devices, or on the worker's network. */
export const placeOf = (serial: string, docker: DockerSpec | undefined) => ({
  docker,
  ...(isNetworkSerial(serial) ? { network: "host" } : { usb: { serials: [serial] } }),
});
