import { SessionSlot, SubstitutionsSlot } from "@basalt/actions-common";
import {
  asList,
  asObject,
  asText,
  DispatcherToken,
  defineAction,
  inNamespace,
  optional,
  type PlanRequest,
} from "@basalt/core";
import { runScript, type ScriptRun } from "./run-script.js";
import { readScript } from "./script.js";

/** Types the scripts' commands into the device and judges the answers. */
export function interactiveAction({ params, block, stage }: Pick<PlanRequest, "params" | "block" | "stage">) {
  return defineAction({
    name: "lava-test-interactive",
    summary: "run scripts of commands and expected answers",
    reads: { session: inNamespace(SessionSlot, block.connectionNamespace), substitutions: optional(SubstitutionsSlot) },
    needs: { dispatcher: DispatcherToken },
    blameOnTimeout: "test",
    async validate() {
      // a pattern that can't be read is told before the board is switched on
      for (const entry of asList(params.interactive)) readScript(asObject(entry));
    },
    async run({ session, substitutions, dispatcher }, ctx) {
      const known = Object.entries(substitutions ?? {}).flatMap(([name, value]) => {
        const text = asText(value);
        return text === undefined ? [] : [[name.replace(/^\{|\}$/g, ""), text] as const];
      });
      const values = new Map([...known, ["SERVER_IP", dispatcher.ip] as const, ["JOB_ID", ctx.job.id] as const]);
      const run: ScriptRun = { session, ctx, values };
      for (const script of asList(params.interactive).map((entry) => readScript(asObject(entry)))) {
        const suite = `${stage}_${script.name}`;
        const startedAt = ctx.clock.monotonic();
        let ok = false;
        try {
          ok = await runScript(script, suite, run);
        } finally {
          const duration = ((ctx.clock.monotonic() - startedAt) / 1000).toFixed(2);
          ctx.report({ definition: "lava", case: suite, result: ok ? "pass" : "fail", duration });
        }
      }
    },
  });
}
