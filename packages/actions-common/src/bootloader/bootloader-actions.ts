import { type ActionContext, asObject, asText, defineAction, infrastructureError } from "@basalt/core";
import { promptPatterns, sendLine } from "../session.js";
import { type Session, SessionSlot } from "../slots.js";
import { BootloaderCommandsSlot } from "./boot-slots.js";
import { type BootloaderSettings, bootloaderSettings } from "./bootloader-settings.js";
import { promptBehindFirst } from "./first-prompt.js";

/** The bootloader's settings for a running action. */
export const runningSettings = (method: string, ctx: ActionContext): BootloaderSettings =>
  bootloaderSettings(ctx.job.device, ctx.job.job.context, method, {
    parameters: asObject(ctx.parameters.parameters),
    list: asText(ctx.parameters.commands) ?? "",
  });

async function typeInterrupt(session: Session, settings: BootloaderSettings, ctx: ActionContext): Promise<void> {
  const options = { characterDelayMs: ctx.characterDelayMs, signal: ctx.signal };
  const { interruptControl, interruptCharacter, interruptNewline } = settings;
  if (interruptControl.length > 0) {
    for (const key of interruptControl) await session.console.sendControl(key, options);
    return;
  }
  ctx.log.write("input", JSON.stringify(interruptCharacter));
  const newline = interruptNewline && !/[\r\n]$/.test(interruptCharacter) ? session.lineSeparator : "";
  await session.console.send(interruptCharacter + newline, options);
}

/** Stops the bootloader's countdown. It is the lab's fault when its prompt never comes. */
export const bootloaderInterrupt = (method: string, name = "bootloader-interrupt") =>
  defineAction({
    name,
    summary: `stop ${method} before it boots`,
    reads: { session: SessionSlot },
    blameOnTimeout: "infrastructure",
    async validate(_services, ctx) {
      runningSettings(method, ctx);
    },
    async run({ session }, ctx) {
      const settings = runningSettings(method, ctx);
      if (!settings.needsInterrupt) {
        ctx.log.info(`${method} stops by itself`);
        return;
      }
      ctx.log.info(`waiting for '${settings.interruptPrompt}'`);
      await session.console.expect(promptPatterns([settings.interruptPrompt]), { signal: ctx.signal });
      await typeInterrupt(session, settings, ctx);
    },
  });

/** Waits for one of the bootloader's prompts; an error message of the device's list in its place is the lab's fault. */
export async function waitForBootloader(
  session: Session,
  wanted: string,
  errors: readonly string[],
  ctx: ActionContext,
  { first = false } = {},
): Promise<void> {
  const expect = (timeoutMs = ctx.connectionTimeoutMs) =>
    session.console.expect(promptPatterns([wanted, ...errors]), { signal: ctx.signal, timeoutMs, clock: ctx.clock });
  const hit = await (first ? promptBehindFirst(expect, ctx) : expect());
  if (hit.index === 0) return;
  throw infrastructureError(
    "ERR_BOOTLOADER_MESSAGE",
    `the bootloader said '${hit.text.trim()}' (matched '${errors[hit.index - 1]}') while '${wanted}' was waited for`,
  );
}

export interface BootloaderCommandsOptions {
  readonly name?: string;
  /** What ends a typed line, where it is not the session's: UEFI wants `\r\n`. */
  readonly lineSeparator?: string;
  /** False: the last command does not start an operating system, so no final message comes. */
  readonly boots?: boolean;
}

/** Types commands, each after the prompt; then waits for the final message, where the bootloader has one. */
export async function typeCommands(
  session: Session,
  commands: readonly string[],
  settings: BootloaderSettings,
  ctx: ActionContext,
): Promise<void> {
  const { prompt, errorMessages, finalMessage } = settings;
  await waitForBootloader(session, prompt, errorMessages, ctx);
  for (const [index, command] of commands.entries()) {
    await sendLine(session, command, ctx);
    if (index < commands.length - 1)
      await waitForBootloader(session, prompt, errorMessages, ctx, { first: index === 0 });
  }
  if (finalMessage !== undefined && finalMessage !== "" && commands.length > 0)
    await waitForBootloader(session, finalMessage, errorMessages, ctx);
}

/** `bootloader-commands`: types the boot commands, each after the prompt (lava-dispatcher.md 3.14). */
export const bootloaderCommands = (method: string, options: BootloaderCommandsOptions = {}) =>
  defineAction({
    name: options.name ?? "bootloader-commands",
    summary: `type the ${method} commands`,
    reads: { session: SessionSlot, commands: BootloaderCommandsSlot },
    defaultTimeoutMs: 90_000,
    blameOnTimeout: "infrastructure",
    async run({ session, commands }, ctx) {
      const settings = runningSettings(method, ctx);
      const { lineSeparator = session.lineSeparator, boots = true } = options;
      const { finalMessage: _none, ...withoutFinal } = settings;
      await typeCommands({ ...session, lineSeparator }, commands, boots ? settings : withoutFinal, ctx);
    },
  });
