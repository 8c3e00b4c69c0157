import {
  bootloaderCommands,
  loginPlan,
  promptPatterns,
  resetConnection,
  resetDevice,
  SessionSlot,
} from "@basalt/actions-common";
import {
  acceptIf,
  asText,
  defineAction,
  defineStrategy,
  dig,
  getConstant,
  hasMethod,
  methodOptions,
  refused,
  retry,
  sequence,
} from "@basalt/core";
import { depthchargeOverlay } from "./depthcharge-overlay.js";
import { depthchargeSchema } from "./schema.js";

const method = "depthcharge";

/** Waits until depthcharge says that it is there: nothing has to be interrupted. */
const depthchargeStart = defineAction({
  name: "depthcharge-start",
  summary: "wait for depthcharge to start",
  reads: { session: SessionSlot },
  defaultTimeoutMs: 90_000,
  blameOnTimeout: "infrastructure",
  async run({ session }, ctx) {
    const { device, job } = ctx.job;
    const message =
      asText(dig(methodOptions(device, "boot", method), "parameters", "start_message")) ??
      String(getConstant({ device, context: job.context }, "start-message", method));
    ctx.log.info(`waiting for '${message}'`);
    await session.console.expect(promptPatterns([message]), { signal: ctx.signal });
  },
});

/** `method: depthcharge` (lava-dispatcher.md 7.2). */
export const depthcharge = defineStrategy({
  section: "boot",
  method,
  compatibility: 1,
  schema: depthchargeSchema,
  accepts({ device, block }) {
    if (block.params.commands === undefined) return refused("the block has no 'commands'");
    return acceptIf(hasMethod(device, "boot", method), "the device lists no boot method 'depthcharge'");
  },
  plan: (request) =>
    sequence(
      "depthcharge-action",
      depthchargeOverlay(request),
      retry(
        "depthcharge-retry",
        resetConnection(request),
        resetDevice(request.device),
        depthchargeStart,
        bootloaderCommands(method),
        ...loginPlan(request, { bootloader: method }),
      ),
    ),
});
