import { promptPatterns, type Session, SessionSlot, sendLine } from "@basalt/actions-common";
import { type ActionContext, asText, configurationError, defineAction } from "@basalt/core";
import { parameter } from "./usb-disk.js";

/** Texts of the device's `vemsd` parameters; those that are missing are the configuration's fault. */
function texts<K extends string>(ctx: ActionContext, ...keys: readonly K[]): Readonly<Record<K, string>> {
  const { device } = ctx.job;
  const found = keys.map((key): [K, string] => {
    const value = asText(parameter(device, "vemsd", key));
    if (value !== undefined && value !== "") return [key, value];
    throw configurationError(
      "ERR_DEVICE_INVALID",
      `device ${device.hostname} does not say '${key}': add it to actions.deploy.methods.vemsd.parameters`,
    );
  });
  return Object.fromEntries(found) as Record<K, string>;
}

const literal = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");

const waitFor = (session: Session, text: string, ctx: ActionContext) =>
  session.console.expect(promptPatterns([literal(text)]), { signal: ctx.signal, clock: ctx.clock });

interface Dialogue<K extends string> {
  readonly name: string;
  readonly summary: string;
  /** Parameters of `vemsd` that it needs. */
  readonly texts: readonly K[];
  talk(session: Session, texts: Readonly<Record<K, string>>, ctx: ActionContext): Promise<void>;
}

/** Something to say to the board's controller. That it does not answer is the lab's fault. */
const dialogue = <K extends string>({ name, summary, texts: keys, talk }: Dialogue<K>) =>
  defineAction({
    name,
    summary,
    reads: { session: SessionSlot },
    blameOnTimeout: "infrastructure",
    run: ({ session }, ctx) => talk(session, texts(ctx, ...keys), ctx),
  });

/** `enter-vexpress-mcc`: the board's controller is stopped at its prompt. One that boots at once shows the prompt only. */
export const enterMcc = dialogue({
  name: "enter-vexpress-mcc",
  summary: "stop the board's controller",
  texts: ["autorun_prompt", "mcc_prompt"],
  async talk(session, { autorun_prompt, mcc_prompt }, ctx) {
    const patterns = promptPatterns([literal(autorun_prompt), literal(mcc_prompt)]);
    const hit = await session.console.expect(patterns, { signal: ctx.signal, clock: ctx.clock });
    if (hit.index === 1) return;
    await sendLine(session, "", ctx);
    await waitFor(session, mcc_prompt, ctx);
  },
});

/** `enable-vexpress-usbmsd`: the controller shows its disk. */
export const enableDisk = dialogue({
  name: "enable-vexpress-usbmsd",
  summary: "let the board show its USB disk",
  texts: ["msd_mount_cmd", "mcc_prompt"],
  async talk(session, { msd_mount_cmd, mcc_prompt }, ctx) {
    await sendLine(session, msd_mount_cmd, ctx);
    await waitFor(session, mcc_prompt, ctx);
  },
});

/** `erase-vexpress-flash`: what an earlier job left in the flash goes. */
export const eraseFlash = dialogue({
  name: "erase-vexpress-flash",
  summary: "erase the board's flash",
  texts: ["flash_enter_cmd", "flash_prompt", "flash_erase_cmd", "flash_erase_msg", "flash_exit_cmd", "mcc_prompt"],
  async talk(session, own, ctx) {
    await sendLine(session, own.flash_enter_cmd, ctx);
    await waitFor(session, own.flash_prompt, ctx);
    await sendLine(session, own.flash_erase_cmd, ctx);
    await waitFor(session, own.flash_erase_msg, ctx);
    await waitFor(session, own.flash_prompt, ctx);
    await sendLine(session, own.flash_exit_cmd, ctx);
    await waitFor(session, own.mcc_prompt, ctx);
  },
});
