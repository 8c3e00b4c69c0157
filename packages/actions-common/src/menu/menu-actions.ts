import {
  type ActionContext,
  asObject,
  asText,
  configurationError,
  type Device,
  defineAction,
  dig,
  infrastructureError,
  type Json,
  type JsonObject,
  jobError,
  methodOptions,
  optional,
} from "@basalt/core";
import { substituteCommands } from "../bootloader/substitutions.js";
import { promptPatterns } from "../session.js";
import { type Session, SessionSlot, SubstitutionsSlot } from "../slots.js";
import { itemKey, type MenuLook, type MenuStep, menuLook, readMenuSteps } from "./menu-steps.js";

/** The `parameters` of a boot method. */
export const methodParameters = (device: Device, method: string): JsonObject =>
  asObject(dig(methodOptions(device, "boot", method), "parameters"));

/** A text of a boot method's parameters. @throws ERR_DEVICE_INVALID (configuration) where the dictionary has none */
export function requiredParameter(device: Device, method: string, key: string): string {
  const value = asText(methodParameters(device, method)[key]);
  if (value !== undefined) return value;
  throw configurationError(
    "ERR_DEVICE_INVALID",
    `device ${device.hostname} lacks actions.boot.methods.${method}.parameters.${key}`,
  );
}

/** `\r\n` where the block or the device says `line_separator: dos`. */
export const lineSeparatorOf = (value: Json | undefined): string => (value === "dos" ? "\r\n" : "\n");

export interface InterruptOptions {
  readonly method: string;
  /** Keys of the method's parameters that hold what is waited for and what is typed. */
  readonly prompt: string;
  readonly keys: string;
}

/** Stops a countdown: waits for a text and types keys, as the device's parameters name them. The lab is to blame when it never comes. */
export const menuInterrupt = (name: string, { method, prompt, keys }: InterruptOptions) =>
  defineAction({
    name,
    summary: `stop the countdown of ${method}`,
    reads: { session: SessionSlot },
    blameOnTimeout: "infrastructure",
    async validate(_services, { job }) {
      requiredParameter(job.device, method, prompt);
    },
    async run({ session }, ctx) {
      const { device } = ctx.job;
      const text = requiredParameter(device, method, prompt);
      ctx.log.info(`waiting for '${text}'`);
      await session.console.expect(promptPatterns([text]), { signal: ctx.signal });
      const typed = asText(methodParameters(device, method)[keys]) ?? " ";
      ctx.log.write("input", JSON.stringify(typed));
      await session.console.send(typed, { characterDelayMs: ctx.characterDelayMs, signal: ctx.signal });
    },
  });

export interface SelectorOptions {
  /** Method whose parameters say what the menu looks like. */
  readonly method: string;
  /** The steps: a list of the device's dictionary. */
  steps(device: Device): Json | undefined;
  /** Where the steps are expected in the dictionary, for the message where there are none. */
  readonly where: string;
  /** Key of the parameter that names the menu's prompt. */
  readonly prompt?: string;
  readonly lineSeparator?: string;
}

async function takeStep(step: MenuStep, menu: string, look: MenuLook, type: (keys: string) => Promise<void>) {
  if (step.escape) return type("\u001b");
  if (step.enter !== undefined) return type(step.enter);
  const labels = [...step.items, ...(step.fallback === undefined ? [] : [step.fallback])];
  const key = labels.map((label) => itemKey(menu, look, label)).find((found) => found !== undefined);
  if (key === undefined)
    throw infrastructureError(
      "ERR_MENU_ITEM",
      `the menu has no item '${labels.join("' or '")}': it says '${menu.trim().slice(-500)}'`,
    );
  return type(key);
}

/** Walks through a firmware's menu: waits for its prompt, then takes one step after the other. */
export const menuSelector = (name: string, options: SelectorOptions) =>
  defineAction({
    name,
    summary: "choose from the firmware's menu",
    reads: { session: SessionSlot, substitutions: optional(SubstitutionsSlot) },
    async validate(_services, { job: { device } }) {
      if (readMenuSteps(options.steps(device)).length === 0)
        throw jobError("ERR_MENU_MISSING", `device ${device.hostname} has no menu ${options.where}`);
    },
    async run({ session, substitutions = {} }, ctx) {
      const { device } = ctx.job;
      const { method, prompt = "bootloader_prompt", lineSeparator = "\n" } = options;
      const look = menuLook(methodParameters(device, method));
      const steps = readMenuSteps(options.steps(device)).map((step) => withValues(step, substitutions));
      let wanted = requiredParameter(device, method, prompt);
      for (const step of steps) {
        const menu = await waitForMenu(session, wanted, ctx);
        await takeStep(step, menu, look, async (keys) => {
          const text = keys === "\u001b" ? keys : keys + lineSeparator;
          ctx.log.write("input", keys);
          await session.console.send(text, { characterDelayMs: ctx.characterDelayMs, signal: ctx.signal });
        });
        wanted = step.wait ?? wanted;
      }
      const last = steps.at(-1)?.wait;
      if (last !== undefined) await waitForMenu(session, last, ctx);
    },
  });

const waitForMenu = async (session: Session, prompt: string, ctx: ActionContext): Promise<string> =>
  (
    await session.console.expect(promptPatterns([prompt]), {
      signal: ctx.signal,
      timeoutMs: ctx.connectionTimeoutMs,
      clock: ctx.clock,
    })
  ).before;

function withValues(step: MenuStep, substitutions: Readonly<Record<string, Json>>): MenuStep {
  const values = Object.fromEntries(
    Object.entries(substitutions).map(([name, value]) => [name.slice(1, -1), asText(value) ?? ""]),
  );
  const put = (text: string): string => substituteCommands([text], values)[0] ?? "";
  return {
    ...step,
    items: step.items.map(put),
    ...(step.enter === undefined ? {} : { enter: put(step.enter) }),
    ...(step.fallback === undefined ? {} : { fallback: put(step.fallback) }),
  };
}
