import {
  asTexts,
  type Device,
  defineAction,
  deviceCommand,
  findConstant,
  jobError,
  optional,
  type PlanNode,
  PowerToken,
  ProcessRunnerToken,
  powerFacts,
  sequence,
} from "@basalt/core";
import { runDeviceCommands } from "../device-commands.js";
import { promptPatterns, sendLine } from "../session.js";
import { SessionSlot } from "../slots.js";

/** Cuts the power and gives it back. What the console said before is forgotten, so that a retry can't act on an old prompt. */
export const pduReboot = defineAction({
  name: "pdu-reboot",
  summary: "cut the device's power and give it back",
  reads: { session: optional(SessionSlot) },
  needs: { power: PowerToken },
  blameOnTimeout: "infrastructure",
  async run({ session, power }, { signal, log }) {
    await session?.console.discard();
    await power.reset({ signal, log, whileOff: async () => session?.console.discard() });
  },
});

const fallbackReboots = ["reboot", "reboot -n", "reboot -nf"];

/** Reboots by commands typed in the device's shell, where it has no hard reset. */
export const sendRebootCommands = defineAction({
  name: "send-reboot-commands",
  summary: "reboot by typing a command, as the device has no hard reset",
  reads: { session: optional(SessionSlot) },
  async run({ session }, ctx) {
    if (!session)
      throw jobError(
        "ERR_CONNECTION_MISSING",
        "a soft reboot needs a connection: give the device a hard_reset command or connect first",
      );
    const { device, job } = ctx.job;
    const own = asTexts(ctx.parameters.soft_reboot);
    const ofDevice = deviceCommand(device, "soft_reboot");
    const commands = own.length > 0 ? own : ofDevice.length > 0 ? ofDevice : fallbackReboots;
    const parameters = ctx.parameters.parameters;
    const message =
      asTexts((parameters as { "shutdown-message"?: string } | undefined)?.["shutdown-message"])[0] ??
      asTexts(findConstant({ context: job.context, device }, "shutdown-message"))[0] ??
      "The system is going down for reboot NOW";
    await session.console.discard();
    for (const [index, command] of commands.entries()) {
      await sendLine(session, command, ctx);
      const shareMs = ctx.remainingMs() / (commands.length - index);
      try {
        await session.console.expect(promptPatterns([message]), { signal: ctx.signal, timeoutMs: shareMs });
        return;
      } catch (error) {
        if (ctx.signal.aborted || index === commands.length - 1) throw error;
        ctx.log.warning(`'${command}' did not reboot the device`);
      }
    }
  },
});

/** RST of lava-dispatcher.md 7: `reset-device` with the way the device has. */
export const resetDevice = (device: Device): PlanNode =>
  sequence("reset-device", powerFacts(device).reset ? pduReboot : sendRebootCommands);

/** Switches the device on, after its `pre_power_command`. */
export const powerOn = defineAction({
  name: "power-on",
  summary: "switch the device on",
  needs: { power: PowerToken, runner: ProcessRunnerToken },
  blameOnTimeout: "infrastructure",
  async run({ power, runner }, { signal, log, job }) {
    const before = deviceCommand(job.device, "pre_power_command");
    if (before.length > 0) await runDeviceCommands(runner, before, { signal, log, what: "pre_power_command" });
    if (powerFacts(job.device).on) await power.on({ signal, log });
  },
});

const deviceCommandAction = (name: string, key: string, summary: string) =>
  defineAction({
    name,
    summary,
    needs: { runner: ProcessRunnerToken },
    blameOnTimeout: "infrastructure",
    async run({ runner }, { signal, log, job }) {
      const commands = deviceCommand(job.device, key);
      if (commands.length > 0) await runDeviceCommands(runner, commands, { signal, log, what: key });
    },
  });

/** The device's `pre_power_command`; nothing where it has none. */
export const prePowerCommand = deviceCommandAction(
  "pre-power-command",
  "pre_power_command",
  "run the device's pre_power_command",
);
/** The device's `pre_os_command`; nothing where it has none. */
export const preOsCommand = deviceCommandAction("pre-os-command", "pre_os_command", "run the device's pre_os_command");
