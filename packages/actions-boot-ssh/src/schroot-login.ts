import { promptPatterns, SessionSlot, sendLine } from "@basalt/actions-common";
import { asText, asTexts, defineAction, type JsonObject, jobError } from "@basalt/core";

const failure = "E: [^\\r\\n]*";

/** Enters a chroot in the shell that is open. */
export const schrootLogin = (params: JsonObject) =>
  defineAction({
    name: "schroot-login",
    summary: "enter a chroot",
    reads: { session: SessionSlot },
    writes: { session: SessionSlot },
    async run({ session }, ctx) {
      const name = asText(params.schroot) ?? "";
      const own = asTexts(params.prompts);
      const inside = { ...session, prompts: own.length > 0 ? own : session.prompts };
      await session.console.discard();
      await sendLine(session, `schroot -c ${name}`, ctx);
      const patterns = promptPatterns([failure, ...inside.prompts]);
      const hit = await session.console.expect(patterns, { signal: ctx.signal });
      if (hit.index === 0) throw jobError("ERR_SCHROOT", `can't enter the chroot '${name}': ${hit.text.trim()}`);
      return { session: inside };
    },
  });
