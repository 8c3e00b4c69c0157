import { type Command, Option } from "commander";
import type { LabArguments } from "../commands/lab.js";
import { collect, withPlugins } from "./options.js";

/** Adds `basalt lab`. */
export function addLab(program: Command, run: (args: LabArguments) => Promise<void>): void {
  withPlugins(
    program
      .command("lab")
      .description("a whole lab on this machine: database, server, worker and a virtual device, on loopback")
      .option(
        "--state-folder <dir>",
        "where the lab is kept (default: basalt/lab in the user's state folder, as root /var/lib/basalt/lab)",
      )
      .option("--port <port>", "port for pages and API; 0 takes a free one (default: 8000)")
      .addOption(
        new Option(
          "--device <file>",
          "a device's dictionary (.jinja2, or rendered .yaml), named by its file, instead of the virtual one (may be repeated)",
        )
          .argParser(collect)
          .default([], ""),
      )
      .option("--simulated", "the virtual device is a simulated board, even if QEMU is there")
      .option("--log-level <level>", "debug, info, warning or error (default: warning)"),
  )
    .addHelpText(
      "after",
      `
Prints the address and a login. Ctrl-C stops everything; the lab is there again at the next start.

Examples:
  $ basalt lab
  $ basalt lab --state-folder /tmp/lab --port 0 --device bbb-01.jinja2
`,
    )
    .action(run);
}
