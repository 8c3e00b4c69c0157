import { type DeployedImage, splitCommand } from "@basalt/actions-common";
import { asList, asObject, asText, dig, isBasaltError, jobError, methodOptions, type PlanRequest } from "@basalt/core";

/** A pair of the block's `commands`. */
export interface UuuCommand {
  /** `uuu`, `bcu`, or a protocol of uuu's: `SDPS`, `FB[-t 10000]`. */
  readonly protocol: string;
  readonly text: string;
}

/** The block's commands in order: its own, or a list of the device by name. */
export function uuuCommands({ params, device }: Pick<PlanRequest, "params" | "device">): readonly UuuCommand[] {
  const { commands } = params;
  const listed =
    typeof commands === "string" ? dig(methodOptions(device, "boot", "uuu"), commands, "commands") : commands;
  return asList(listed).flatMap((pairs) =>
    Object.entries(asObject(pairs)).map(([protocol, text]) => ({ protocol, text: asText(text) ?? "" })),
  );
}

const isBcu = ({ protocol }: UuuCommand): boolean => protocol === "bcu";

/**
 * Whether the board must be brought into serial download mode by its own boot media: not where bcu alone is called, nor where its
 * `reset usb` comes first (lava-dispatcher.md 7.2, appendix B 5).
 */
export function needsSerialDownload(commands: readonly UuuCommand[]): boolean {
  const [first] = commands;
  const [verb, mode] = first && isBcu(first) ? first.text.trim().split(/\s+/) : [];
  return !(verb === "reset" && mode === "usb") && !commands.every(isBcu);
}

/**
 * A command's words, before images are put in: what stands behind `uuu -m PATH`, or behind `bcu`. A protocol is one word, whatever it
 * holds: uuu 1.4.193 takes `FB[-t` and `10000]:` for files.
 */
export function commandWords({ protocol, text }: UuuCommand): readonly string[] {
  const words = text.trim() === "" ? [] : splitCommand(text);
  return protocol === "uuu" || protocol === "bcu" ? words : [`${protocol}:`, ...words];
}

const placeholder = /\{([\w.-]+)\}/g;

/** Refuses what can't be run. @throws ERR_UUU_COMMANDS (job) */
export function checkCommands(
  commands: readonly UuuCommand[],
  images: readonly DeployedImage[],
  request: Pick<PlanRequest, "params" | "device">,
): void {
  const refuse = (problem: string): Error => jobError("ERR_UUU_COMMANDS", `boot method uuu: ${problem}`);
  if (commands.length === 0) {
    const named = asText(request.params.commands);
    throw refuse(
      named === undefined
        ? "the block has no commands: add some, such as {uuu: -b sd {boot}}"
        : `device ${request.device.hostname} has no commands named '${named}': list them in the block`,
    );
  }
  const known = new Set(images.flatMap(({ key }) => [key, key.toUpperCase()]));
  for (const command of commands) {
    const shown = `'${command.protocol}: ${command.text}'`;
    try {
      if (commandWords(command).length === 0) throw refuse(`${shown} is empty`);
    } catch (cause) {
      if (!isBasaltError(cause) || cause.kind === "job") throw cause;
      throw jobError("ERR_UUU_COMMANDS", `boot method uuu: ${shown}: ${cause.message}`, { cause });
    }
    for (const [whole, name = ""] of command.text.matchAll(placeholder))
      if (!known.has(name))
        throw refuse(
          `${shown} names ${whole}, which no deploy of its namespace brings: it has ${[...known].join(", ") || "none"}`,
        );
  }
}
