import {
  autoLogin,
  expectShellConnection,
  exportDeviceEnv,
  loginPlan,
  promptPatterns,
  SessionSlot,
} from "@basalt/actions-common";
import {
  acceptIf,
  asText,
  asTexts,
  configurationError,
  type Device,
  defineAction,
  defineStrategy,
  hasMethod,
  type MaybeNode,
  methodOptions,
  type PlanRequest,
  refused,
  retry,
} from "@basalt/core";
import { hasSequence } from "./grub.js";
import { installerPlan } from "./installer-wait.js";
import { grubSchema } from "./schema.js";

function fastbootInterrupt(device: Device): { readonly prompt: string; readonly keys: string } {
  const { interrupt_prompt, interrupt_string } = methodOptions(device, "deploy", "fastboot");
  const prompt = asText(interrupt_prompt);
  if (prompt === undefined)
    throw configurationError(
      "ERR_DEVICE_INVALID",
      `device ${device.hostname} lacks actions.deploy.methods.fastboot.interrupt_prompt`,
    );
  return { prompt, keys: asText(interrupt_string) ?? " " };
}

/** Stops a firmware that would wait for fastboot, so that it boots on. */
const waitFastbootInterrupt = defineAction({
  name: "wait-fastboot-interrupt",
  summary: "stop the firmware's fastboot",
  reads: { session: SessionSlot },
  async validate(_services, { job }) {
    fastbootInterrupt(job.device);
  },
  async run({ session }, ctx) {
    const { prompt, keys } = fastbootInterrupt(ctx.job.device);
    await session.console.expect(promptPatterns([prompt]), { signal: ctx.signal });
    ctx.log.write("input", JSON.stringify(keys));
    await session.console.send(keys, { characterDelayMs: ctx.characterDelayMs, signal: ctx.signal });
  },
});

const steps: Readonly<Record<string, (request: PlanRequest) => MaybeNode>> = {
  "wait-fastboot-interrupt": () => waitFastbootInterrupt,
  "auto-login": (request) => autoLogin(request, { bootloader: "grub" }),
  "shell-session": () => expectShellConnection,
  "export-env": () => exportDeviceEnv,
};

const sequenceOf = (device: Device): readonly string[] => asTexts(methodOptions(device, "boot", "grub").sequence);

/** `method: grub` on a device whose dictionary lists the steps (lava-dispatcher.md 7.2). */
export const grubSequence = defineStrategy({
  section: "boot",
  method: ["grub", "grub-efi"],
  compatibility: 3,
  schema: grubSchema,
  accepts({ device }) {
    if (!hasSequence(device)) return refused("the device's grub has no sequence");
    const unknown = sequenceOf(device).filter((step) => !Object.hasOwn(steps, step));
    if (unknown.length > 0)
      return refused(
        `the device's grub sequence has '${unknown.join("', '")}': it may have ${Object.keys(steps).join(", ")}`,
      );
    return acceptIf(!hasMethod(device, "boot", "grub-efi"), "the device has grub-efi beside its sequence");
  },
  plan: (request) =>
    retry(
      "grub-sequence-action",
      ...sequenceOf(request.device).map((step) => steps[step]?.(request)),
      ...loginPlan(request, { bootloader: "grub" }),
      ...installerPlan(request.params),
    ),
});
