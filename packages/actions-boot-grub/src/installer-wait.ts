import { promptPatterns, SessionSlot } from "@basalt/actions-common";
import { asTexts, defineAction, hasKey, type JsonObject, type MaybeNode, powerOff } from "@basalt/core";

/** Waits until an installer says that it is done. */
const installerWait = (messages: readonly string[]) =>
  defineAction({
    name: "installer-wait",
    summary: "wait for the installer to end",
    reads: { session: SessionSlot },
    async run({ session }, ctx) {
      ctx.log.info(`waiting for the installer: ${messages.join(" or ")}`);
      const hit = await session.console.expect(promptPatterns(messages), { signal: ctx.signal });
      ctx.log.info(`the installer said '${hit.text}'`);
    },
  });

/** What ends a boot without a shell: `installer-wait, power-off` where the block has `boot_finished` and no `prompts`. */
export const installerPlan = (params: JsonObject): readonly MaybeNode[] =>
  !hasKey(params, "prompts") && hasKey(params, "boot_finished")
    ? [installerWait(asTexts(params.boot_finished)), powerOff]
    : [];
