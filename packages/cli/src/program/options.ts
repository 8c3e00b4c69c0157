import { type Command, Option } from "commander";

/** Help of `--device`. */
export const deviceHelp = "the device: its dictionary (.jinja2), or one that is rendered (.yaml)";
/** Of an option that may be repeated: its values in order. */
export const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

const pluginOption = (does: string): Option =>
  new Option("--plugin <name>", `${does}: a package's name or a folder's path (may be repeated)`)
    .argParser(collect)
    .default([], "");

/** Adds `--plugin` and `--config`. */
export const withPlugins = (command: Command): Command =>
  command
    .addOption(pluginOption("load this plugin, too"))
    .option("--config <file>", "settings file with more plugins (default: basalt.config.yaml, if there is one)");

/** Adds what `basalt server` and `basalt worker` share: how they log, plugins, and their file. */
export const withDaemonOptions = (
  command: Command,
  help: { readonly plugin: string; readonly settings: string },
): Command =>
  command
    .option("--log-level <level>", "debug, info, warning or error (default: info)")
    .option("--log-format <format>", "text or json (default: text)")
    .addOption(pluginOption(help.plugin))
    .option("--settings <file>", `basalt.config.yaml${help.settings}`)
    .option("--config <file>", "read all of these options from this file; those given here count more");

/** Adds `--templates`. */
export const withTemplates = (command: Command): Command =>
  command.addOption(
    new Option("--templates <dir>", "look for templates here, too: before our own types (may be repeated)")
      .argParser(collect)
      .default([], ""),
  );

/** Adds `--plugin`, `--config` and `--templates`. */
export const withPluginsAndTemplates = (command: Command): Command => withTemplates(withPlugins(command));

/** Commander would complain of a missing option before a mistyped one: who writes --devise must be told of that. */
export const needDevice = (command: Command): Command =>
  command.hook("preAction", (_program, action) => {
    if (action.opts().device === undefined) action.error("error: required option '-d, --device <file>' not specified");
  });

/** Examples below a command's help. */
export const examples = (...lines: readonly string[]): string =>
  `\nExamples:\n${lines.map((line) => `  $ ${line}`).join("\n")}\n`;

/** What the exit status says, below a command's help. */
export const statuses = `
Exit status:
   0  complete, all tests passed
   1  complete, some test failed
   2  refused: job, device, usage or configuration
   3  infrastructure error: the lab's fault
   4  job or test error, timeouts included
   5  canceled
  70  a bug of ours
`;
