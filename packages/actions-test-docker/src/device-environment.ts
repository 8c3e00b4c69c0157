import { adbSerial, boardIds } from "@basalt/actions-common";
import { asText, asTexts, type Device, defineAction, deviceCommand, dig, slot } from "@basalt/core";

/** Variables of the container's shell that tell tests how to reach the board. */
export const DockerEnvironmentSlot = slot<Readonly<Record<string, string>>>("docker.test-environment");

const shellWord = (text: string): string => text.toUpperCase().replaceAll(/\W/g, "_");

/** Commands of a list as one line of shell. */
const joined = (commands: readonly string[]): string => commands.join(" && ");

function connectionCommands(device: Device): Readonly<Record<string, string>> {
  const own: Record<string, string> = {};
  for (const { name, config, tags } of device.connections) {
    const command = asText(config.connect);
    if (command === undefined) continue;
    if (tags.includes("primary")) own.LAVA_CONNECTION_COMMAND = command;
    if (name !== "connect") own[`LAVA_CONNECTION_COMMAND_${shellWord(name)}`] = command;
  }
  return own;
}

/** What of the device a docker test is told (lava-dispatcher.md 3.13). */
export function deviceEnvironment(device: Device): Readonly<Record<string, string>> {
  const entries: [string, string | undefined][] = [
    ["ANDROID_SERIAL", adbSerial(device)],
    ["LAVA_BOARD_ID", boardIds(device)[0]],
    ["LAVA_CONNECT_COMMAND", asTexts(dig(device.dictionary, "commands", "connect"))[0]],
    ...(["hard_reset", "power_on", "power_off"] as const).map((name): [string, string | undefined] => [
      `LAVA_${name.toUpperCase()}_COMMAND`,
      joined(deviceCommand(device, name)),
    ]),
    ...(["deploy", "boot", "test"] as const).map((section): [string, string | undefined] => [
      `LAVA_${section.toUpperCase()}_CHARACTER_DELAYS`,
      asText(dig(device.dictionary, "character_delays", section)),
    ]),
  ];
  const given = entries.filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== "");
  return { ...Object.fromEntries(given), ...connectionCommands(device) };
}

/** `lava-docker-test-set-environment`. */
export const setEnvironment = defineAction({
  name: "lava-docker-test-set-environment",
  summary: "find out what the test is told of the device",
  writes: { environment: DockerEnvironmentSlot },
  blameOnTimeout: "test",
  run: async (_input, ctx) => ({ environment: deviceEnvironment(ctx.job.device) }),
});
