import {
  configurationError,
  definePowerDriver,
  deviceCommand,
  type PowerOptions,
  ProcessRunnerToken,
  runDeviceCommands,
} from "@basalt/core";

/**
 * Power by the commands of LAVA's device dictionary: `power_on`, `power_off`, `hard_reset`, each a command line or a list of them
 * (lava-dispatcher.md 2.1). The commands around them (`pre_power_command`, `pre_os_command`) are run by actions.
 */
export const commandPower = definePowerDriver({
  name: "command",
  schema: { type: "object", additionalProperties: false, properties: {} },
  create({ device, resolve }) {
    const runner = resolve(ProcessRunnerToken);
    const call = async (name: string, { signal, log }: PowerOptions): Promise<void> => {
      const commands = deviceCommand(device, name);
      // doing nothing would look like a board that was switched
      if (commands.length === 0)
        throw configurationError(
          "ERR_COMMAND_MISSING",
          `device ${device.hostname} has no '${name}': add it to commands in its dictionary`,
          { details: { device: device.hostname, command: name } },
        );
      await runDeviceCommands(runner, commands, { signal, log, what: name });
    };
    return {
      on: (options) => call("power_on", options),
      off: (options) => call("power_off", options),
      reset: (options) => call("hard_reset", options),
    };
  },
});
