import { configurationError, systemClock } from "@basalt/core";
import { daemonLogLevels, makeDaemonLog } from "@basalt/link";
import type { Io } from "../io.js";
import { startLab } from "../lab/start-lab.js";
import { labServerFolder, labStateFolder } from "../lab/state-folder.js";
import { deviceOfFile, virtualDevice } from "../lab/virtual-device.js";
import { ownPackage } from "../own-package.js";
import { readConfig } from "../plugins/config.js";
import { findPlugins } from "../plugins/plugin-catalog.js";
import { ownJobProcess } from "../run/own-job-process.js";
import { untilStopped } from "../run/until-stopped.js";
import { makeStateFolder } from "../settings/make-state-folder.js";
import { makePaint } from "../view/paint.js";
import { terminalFacts } from "../view/terminal.js";
import { mayStart } from "./admin/restore-mark.js";
import type { PluginArguments } from "./plugin-arguments.js";

export interface LabArguments extends PluginArguments {
  readonly stateFolder?: string;
  readonly port?: string;
  readonly device: readonly string[];
  readonly simulated?: boolean;
  readonly logLevel?: string;
}

function portOf(text = "8000"): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw configurationError("ERR_USAGE", `--port is ${text}, expected a port from 0 to 65535`);
}

function levelOf(text = "warning") {
  const level = daemonLogLevels.find((known) => known === text.toLowerCase());
  if (level) return level;
  throw configurationError("ERR_USAGE", `--log-level is ${text}, expected one of ${daemonLogLevels.join(", ")}`);
}

/** `basalt lab`: a whole lab in this process, until it is told to stop. */
export async function labCommand(args: LabArguments, io: Io): Promise<number> {
  const clock = io.clock ?? systemClock;
  const port = portOf(args.port);
  const stateFolder = labStateFolder(io.cwd, io.env, args.stateFolder);
  // the user that PostgreSQL runs as passes it
  await makeStateFolder(stateFolder, 0o755);
  await mayStart({ stateFolder: labServerFolder(stateFolder) });
  const log = makeDaemonLog(io.stderr, { level: levelOf(args.logLevel), format: "text", name: "lab", clock });
  const paint = makePaint(terminalFacts(io.stdout, io.env));
  using until = untilStopped(io, { log, what: "the lab" });
  const config = await readConfig(io.cwd, args.config);
  const catalog = await findPlugins({ cwd: io.cwd, plugins: args.plugin, config });
  const given = await Promise.all(args.device.map((file) => deviceOfFile(io.cwd, file)));
  const virtual = given.length === 0 ? virtualDevice(args.simulated ?? false) : undefined;
  const say = (line: string): void => void io.stdout.write(`${line}\n`);
  say(paint.dim("starting: database, server, worker ..."));
  await using lab = await startLab({
    stateFolder,
    port,
    devices: virtual ? [virtual.device] : given,
    catalog,
    jobCommand: ownJobProcess({ plugins: args.plugin, config: args.config }),
    extraContext: config.extraContext,
    version: ownPackage().version,
    clock,
    log,
  });
  say(`Lab:     ${paint.green(lab.url)}`);
  say(`Login:   ${lab.login.username}, password ${lab.login.password}`);
  say(`Devices: ${lab.devices.join(", ")}${virtual ? ` (${virtual.why})` : ""}`);
  say(`Submit:  basalt submit JOB.yaml --follow --server ${lab.url} --token-file ${lab.login.file}`);
  say(`Admin:   basalt admin check --config ${lab.settingsFile}`);
  say(`Workers: basalt admin keys create NAME --out FOLDER/keys --config ${lab.settingsFile}`);
  say(`         basalt worker --name NAME --state-folder FOLDER --encrypt --server ${lab.endpoint}`);
  say(paint.dim("Ctrl-C stops the lab: running jobs are canceled, waiting ones are there at the next start."));
  return await until.stopped;
}
