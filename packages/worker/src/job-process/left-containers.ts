import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { type Clock, type Log, toBasaltError } from "@basalt/core";
import { leftProcesses } from "./left-processes.js";

/** A container whose client is among a job's processes. */
export interface LeftContainer {
  /** The client with its options, before the command `run`. */
  readonly client: readonly string[];
  readonly name: string;
}

const clients = ["docker", "podman", "nerdctl"];

/** The container that a command line runs: `docker --host X run --name=Y ...`; undefined where it runs none, or one without a name. */
export function containerOf(argv: readonly string[]): LeftContainer | undefined {
  // a script's interpreter stands before it
  const first = argv.slice(0, 2).findIndex((word) => clients.includes(basename(word)));
  const run = argv.indexOf("run");
  if (first < 0 || run <= first) return undefined;
  const option = argv.findIndex((word, index) => index > run && /^--name(=|$)/.test(word));
  if (option < 0) return undefined;
  const name = argv[option]?.slice("--name=".length) || argv[option + 1];
  return name === undefined ? undefined : { client: argv.slice(first, run), name };
}

const removeMs = 30_000;

/**
 * Removes the containers that a job's processes run: their programs are no children of ours, and go on without their client.
 * What goes wrong is a warning in the log.
 */
export async function removeLeftContainers(folder: string, { clock, log }: { clock: Clock; log: Log }): Promise<void> {
  for (const pid of await leftProcesses(folder)) {
    const argv = (await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")).split("\0").slice(0, -1);
    const container = containerOf(argv);
    if (!container) continue;
    const { client, name } = container;
    using deadline = clock.deadline(removeMs, `removing container ${name}`);
    try {
      const { processRunner } = await import("@basalt/host");
      const rm = [...client, "rm", "--force", name];
      const { code, stderr } = await processRunner({ clock }).run(rm, { signal: deadline.signal });
      if (code === 0) log.debug(`container ${name} of the job was removed`);
      else log.warning(`container ${name} of the job may be left behind: ${stderr.trim()}`);
    } catch (error) {
      log.warning(`container ${name} of the job may be left behind: ${toBasaltError(error).message}`);
    }
  }
}
