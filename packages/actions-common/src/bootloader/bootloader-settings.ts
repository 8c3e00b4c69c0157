import {
  asText,
  asTexts,
  type ConstantSources,
  configurationError,
  type Device,
  dig,
  findConstant,
  type JsonObject,
  methodOptions,
} from "@basalt/core";

/** How a bootloader is stopped and talked to: the device's method parameters, else its constants (lava-dispatcher.md 2.2). */
export interface BootloaderSettings {
  readonly prompt: string;
  readonly interruptPrompt: string;
  readonly interruptCharacter: string;
  readonly interruptNewline: boolean;
  /** Control keys typed in place of the character: `b` for Ctrl-B. */
  readonly interruptControl: readonly string[];
  /** False: the bootloader stops by itself. */
  readonly needsInterrupt: boolean;
  readonly errorMessages: readonly string[];
  readonly finalMessage?: string;
}

/** Reads them. @throws ERR_CONSTANT_MISSING, ERR_DEVICE_INVALID (configuration) naming what the dictionary lacks */
export function bootloaderSettings(
  device: Device,
  context: JsonObject,
  method: string,
  { parameters: blockParameters = {}, list = "" }: { readonly parameters?: JsonObject; readonly list?: string } = {},
): BootloaderSettings {
  const sources: ConstantSources = { context, device };
  const parameters = dig(methodOptions(device, "boot", method), "parameters");
  // a list of commands may have parameters of its own
  const ofList = dig(methodOptions(device, "boot", method), list, "parameters");
  const own = (key: string): string | undefined => asText(dig(ofList, key)) ?? asText(dig(parameters, key));
  const constant = (key: string) => findConstant(sources, key, method);
  const prompt = asText(context.bootloader_prompt) ?? own("bootloader_prompt");
  if (prompt === undefined)
    throw configurationError(
      "ERR_DEVICE_INVALID",
      `device ${device.hostname} names no prompt: add actions.boot.methods.${method}.parameters.bootloader_prompt`,
    );
  const finalMessage = asText(blockParameters["bootloader-final-message"]) ?? asText(constant("final-message"));
  return {
    prompt,
    interruptPrompt: own("interrupt_prompt") ?? asText(constant("interrupt-prompt")) ?? prompt,
    interruptCharacter:
      own("interrupt_string") || own("interrupt_char") || (asText(constant("interrupt-character")) ?? "\n"),
    interruptNewline: constant("interrupt-newline") !== false,
    interruptControl: asTexts(dig(parameters, "interrupt_ctrl_list") ?? constant("interrupt_ctrl_list")),
    needsInterrupt: dig(parameters, "needs_interrupt") !== false,
    errorMessages: asTexts(constant("error-messages")),
    ...(finalMessage === undefined ? {} : { finalMessage }),
  };
}
