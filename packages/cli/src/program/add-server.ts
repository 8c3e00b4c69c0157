import type { Command } from "commander";
import type { ServerArguments } from "../commands/server.js";
import { collect, withDaemonOptions } from "./options.js";

/** Adds `basalt server`. Defaults are not commander's: an option that was not given must not hide what the file says. */
export function addServer(program: Command, run: (args: ServerArguments) => Promise<void>): void {
  withDaemonOptions(
    program
      .command("server")
      .description("queue jobs, give them to workers, keep their logs and results; pages and API over HTTP")
      .option("--state-folder <dir>", "where logs, keys and the database lie (default: /var/lib/basalt/server)")
      .option("--host <address>", "address of this machine for pages and API (default: 127.0.0.1)")
      .option("--port <port>", "port for pages and API (default: 8000)")
      .option("--workers <address>", "where workers dial in (default: tcp://127.0.0.1:5556)")
      .option("--encrypt", "take only workers whose key is known; on by itself where a key is named here")
      .option("--server-key <file>", "this server's secret key (default: keys/server.key_secret in the state folder)")
      .option("--worker-keys <dir>", "folder of the workers' public keys (default: keys/workers.d in the state folder)")
      .option(
        "--auto-register",
        "add workers that nobody added (default: where keys or the loopback address vouch for them)",
      )
      .option("--no-auto-register", "take only workers that were added with 'basalt admin workers add'")
      .option(
        "--trust-proxy",
        "believe a proxy's X-Forwarded-For, -Proto and -Host: for log-in limits and cookies; only with a proxy that sets them",
      )
      .option(
        "--allowed-host <name>",
        "answer who asks by this name, too, not only by addresses, localhost and the machine's name; *: any (may be repeated)",
        (value: string, before?: readonly string[]) => collect(value, before),
      )
      .option(
        "--job-lost-after <seconds>",
        "give up the jobs of a worker that is gone for so long; 0: never (default: 600)",
      )
      .option(
        "--queue-timeout <seconds>",
        "how long a job may wait in the queue if it does not say itself (default: for ever)",
      ),
    { plugin: "load this plugin, too", settings: ": plugins, and variables that jobs may set" },
  )
    .addHelpText(
      "after",
      `
The database is PostgreSQL 15 or newer, named by DATABASE_URL (or database-url in the file, never on the command line: its password would
show). Without it the server runs one of its own in the state folder.

Examples:
  $ basalt server --state-folder ~/lab
  $ DATABASE_URL=postgresql://basalt@db.lab/basalt basalt server --config /etc/basalt/server.yaml

A signal (SIGTERM, Ctrl-C) stops the server; jobs go on, and workers send what happened meanwhile when it is back.
`,
    )
    .action(run);
}
