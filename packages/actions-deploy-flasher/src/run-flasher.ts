import {
  type Downloaded,
  type DownloadSpec,
  downloadedSlot,
  runTool,
  splitCommand,
  substituteStaticInfo,
} from "@basalt/actions-common";
import {
  type AnySlot,
  asTexts,
  configurationError,
  type Device,
  defineAction,
  deviceCommand,
  type Json,
  methodOptions,
  ProcessRunnerToken,
} from "@basalt/core";

const deviceCommands = ["hard_reset", "soft_reboot", "pre_os_command", "pre_power_command", "power_on", "power_off"];

const nameOf = (command: string): string => `${command.replace(/_command$/, "")}_command`.toUpperCase();
const quotedJson = (value: Json | undefined): string => `'${JSON.stringify(value ?? []).replaceAll("'", "'\\''")}'`;

const commandsOf = (device: Device): readonly string[] => asTexts(methodOptions(device, "deploy", "flasher").commands);

/** Values of the device for `{NAME}` in its commands (lava-dispatcher.md 7.1). */
export const deviceValues = (device: Device): Readonly<Record<string, string>> => ({
  ...Object.fromEntries(deviceCommands.map((name) => [nameOf(name), deviceCommand(device, name).join(" && ")])),
  DEVICE_INFO: quotedJson(device.dictionary.device_info),
  STATIC_INFO: quotedJson(device.dictionary.static_info),
});

/** Runs the device's flasher commands with the files. Names that nothing knows stay as they are. */
export function runFlasher(images: readonly DownloadSpec[], fetched: readonly string[]) {
  const reads = Object.fromEntries(fetched.map((key) => [`image:${key}`, downloadedSlot(key)])) as Record<
    string,
    AnySlot
  >;
  return defineAction({
    name: "deploy-flasher",
    summary: "run the device's flasher commands",
    reads,
    needs: { runner: ProcessRunnerToken },
    async validate(_services, { job: { device } }) {
      if (commandsOf(device).length === 0)
        throw configurationError(
          "ERR_DEVICE_INVALID",
          `device ${device.hostname} names no commands: add actions.deploy.methods.flasher.commands`,
        );
    },
    async run({ runner, ...slots }, ctx) {
      const { device } = ctx.job;
      const files = slots as unknown as Readonly<Record<string, Downloaded | undefined>>;
      const own = images.map(({ key, url }) => [
        key.toUpperCase(),
        files[`image:${key}`]?.path ?? substituteStaticInfo(url, device),
      ]);
      const values: Readonly<Record<string, string>> = { ...deviceValues(device), ...Object.fromEntries(own) };
      for (const command of commandsOf(device)) {
        const line = command.replace(/\{(\w+)\}/g, (whole, name: string) =>
          Object.hasOwn(values, name) ? (values[name] ?? "") : whole,
        );
        await runTool(runner, splitCommand(line), ctx);
      }
    },
  });
}
