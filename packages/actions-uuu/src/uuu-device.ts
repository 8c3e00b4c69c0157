import {
  asList,
  asObject,
  asText,
  asTexts,
  configurationError,
  type Device,
  type Json,
  type JsonObject,
  methodOptions,
} from "@basalt/core";

/** `actions.boot.methods.uuu.options`. Templates write what is not set as an empty text or null. */
export const uuuOptions = (device: Device): JsonObject => asObject(methodOptions(device, "boot", "uuu").options);

/** The texts of an option that are not empty. */
export const filled = (value: Json | undefined): readonly string[] => asTexts(value).filter((text) => text !== "");

/** Whether the dictionary says how the board's USB port is found. */
export const knowsOtgPath = (options: JsonObject): boolean =>
  [options.usb_otg_path, options.usb_otg_path_command].some((value) => filled(value).length > 0);

/** U-Boot commands after which the board boots into serial download mode. */
export const corruptCommands = (device: Device): readonly string[] =>
  filled(uuuOptions(device).corrupt_boot_media_command);

/** Whether the board must be dark for a moment before U-Boot is stopped: a U-Boot that restarts without end can't be. */
export function powersOffFirst(device: Device): boolean {
  const value = uuuOptions(device).power_off_before_corrupt_boot_media;
  return value === true || (typeof value === "string" && !/^(|false|no|off)$/i.test(value));
}

/** A value that a dictionary gives as it is, or as a command of this worker that prints it. */
export interface FoundValue {
  /** For errors: `usb_otg_path`. */
  readonly key: string;
  readonly values: readonly string[];
  /** Arguments of the command, or one line of them; empty where there is none. */
  readonly command: readonly string[];
}

function found(options: JsonObject, key: string): FoundValue {
  const words = asList(options[`${key}_command`]).flatMap((word) => asText(word) ?? []);
  return { key, values: filled(options[key]), command: words.some((word) => word !== "") ? words : [] };
}

/** USB paths of the board, as `uuu -lsusb` lists them: `2:143`. A board may show up at several. */
export const otgPath = (device: Device): FoundValue => found(uuuOptions(device), "usb_otg_path");

/** What `bcu` calls the board. @throws ERR_DEVICE_INVALID (configuration) */
export function bcuBoard(device: Device): { readonly name: string; readonly id: FoundValue } {
  const options = uuuOptions(device);
  const [name] = filled(options.bcu_board_name);
  const id = found(options, "bcu_board_id");
  const missing = name === undefined ? "bcu_board_name" : id.values.length + id.command.length === 0 && "bcu_board_id";
  if (name !== undefined && missing === false) return { name, id };
  throw configurationError(
    "ERR_DEVICE_INVALID",
    `device ${device.hostname} can't run bcu: add ${missing} to actions.boot.methods.uuu.options`,
  );
}
