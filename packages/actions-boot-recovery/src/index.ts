import { powerOn, runDeviceCommands } from "@basalt/actions-common";
import {
  asTexts,
  configurationError,
  type Device,
  defineAction,
  definePlugin,
  defineStrategy,
  deviceCommand,
  dig,
  methodOptions,
  type PlanNode,
  ProcessRunnerToken,
  powerOff,
  sequence,
} from "@basalt/core";
import { recoverySchema } from "./schema.js";

/** Commands that move the device's switches: of its `recovery` method, else of `commands`. */
function switchCommands(device: Device, name: string): readonly string[] {
  const own = asTexts(dig(methodOptions(device, "deploy", "recovery"), "commands", name));
  const commands = own.length > 0 ? own : deviceCommand(device, name);
  if (commands.length > 0) return commands;
  throw configurationError(
    "ERR_COMMAND_MISSING",
    `device ${device.hostname} does not say how it is switched: add ${name} to actions.deploy.methods.recovery.commands`,
  );
}

const switchRecovery = (name: string) =>
  defineAction({
    name: "switch-recovery",
    summary: `run the device's ${name} commands`,
    needs: { runner: ProcessRunnerToken },
    async validate(_services, { job }) {
      switchCommands(job.device, name);
    },
    async run({ runner }, { job, log, signal }) {
      await runDeviceCommands(runner, switchCommands(job.device, name), { signal, log, what: name });
    },
  });

/** `method: recovery` (lava-dispatcher.md 7.2). */
export const recovery = defineStrategy({
  section: "boot",
  method: "recovery",
  compatibility: 4,
  schema: recoverySchema,
  plan: ({ params }): PlanNode =>
    sequence(
      "recovery-boot",
      powerOff,
      switchRecovery(params.commands === "exit" ? "recovery_exit" : "recovery_mode"),
      powerOn,
    ),
});

export default definePlugin({ name: "@basalt/actions-boot-recovery", strategies: [recovery] });
