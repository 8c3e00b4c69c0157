import type { Command } from "commander";
import type { WorkerArguments } from "../commands/worker.js";
import { withDaemonOptions } from "./options.js";

const fileHelp = `
The file of --config has the same names, without dashes in front:
  server: tcp://server.lab:5556
  name: rack-1
  worker-key: keys/rack-1.key_secret
`;

/** Adds `basalt worker`. Defaults are not commander's: an option that was not given must not hide what the file says. */
export function addWorker(program: Command, run: (args: WorkerArguments) => Promise<void>): void {
  withDaemonOptions(
    program
      .command("worker")
      .description("run jobs for a server; the devices are connected to this machine")
      .option("--server <address>", "the server (default: tcp://127.0.0.1:5556)")
      .option("--name <name>", "this worker's name, as the server knows it (default: the host's name)")
      .option(
        "--state-folder <dir>",
        "where jobs lie until the server has all of them (default: /var/lib/basalt/worker)",
      )
      .option("--encrypt", "encrypt the connection; on by itself where a key is named here")
      .option("--keys <dir>", "folder of the two keys (default: keys in the state folder)")
      .option("--server-key <file>", "the server's public key (default: server.key in the folder of keys)")
      .option("--worker-key <file>", "this worker's secret key (default: NAME.key_secret in the folder of keys)"),
    { plugin: "load this plugin for jobs, too", settings: " for jobs: plugins, and what this machine is to devices" },
  )
    .addHelpText(
      "after",
      `
Examples:
  $ basalt worker --server tcp://server.lab:5556 --name rack-1 --worker-key rack-1.key_secret --server-key server.key
  $ basalt worker --config /etc/basalt/worker.yaml
${fileHelp}
A signal (SIGTERM, Ctrl-C) stops the worker; its jobs go on, and the next worker on the same state folder takes them up.
`,
    )
    .action(run);
}
