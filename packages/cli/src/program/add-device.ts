import type { Command } from "commander";
import type { DeviceCheckArguments } from "../commands/device-check.js";
import { examples, withPluginsAndTemplates } from "./options.js";

/** Adds `basalt device check`. */
export function addDevice(
  program: Command,
  run: (names: readonly string[], args: DeviceCheckArguments) => Promise<void>,
): void {
  const device = program.command("device").description("look after device dictionaries");
  withPluginsAndTemplates(
    device
      .command("check")
      .description("render dictionaries, check them, and say what a test author may still override")
      .argument("<name...>", "names of dictionaries, or files"),
  )
    .addHelpText("after", examples("basalt device check lab-bbb-1.jinja2 --templates /etc/lab/device-types"))
    .action(run);
}
