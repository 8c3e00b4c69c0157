import { rmSync } from "node:fs";
import { resolve } from "node:path";
import { type Clock, configurationError, pipelineRoots, systemClock } from "@basalt/core";
import { type PreparedJob, withDrivers } from "@basalt/plugin-loader";
import { runOnHost } from "@basalt/worker/run";
import { exitStatus, statusOfError } from "../exit-status.js";
import type { Io } from "../io.js";
import { deviceInput, type TemplateArguments } from "../job/device-input.js";
import { inputFile } from "../job/input-file.js";
import { prepareFiles } from "../job/prepare-files.js";
import { type Config, readConfig } from "../plugins/config.js";
import { findPlugins } from "../plugins/plugin-catalog.js";
import { refusal } from "../refusal.js";
import { cancelOnSignals } from "../run/cancel.js";
import { doing } from "../run/doing.js";
import { endingLines } from "../run/ending.js";
import { localJobId } from "../run/job-id.js";
import { openView } from "../run/open-view.js";
import { JobState } from "../view/job-state.js";
import { makePaint } from "../view/paint.js";
import { Results } from "../view/results.js";
import { terminalFacts } from "../view/terminal.js";
import type { View } from "../view/view.js";
import type { PluginArguments } from "./plugin-arguments.js";

export interface RunArguments extends PluginArguments, TemplateArguments {
  readonly device: string;
  readonly output?: string;
  readonly strict?: boolean;
  readonly plain?: boolean;
  readonly jobId?: string;
}

function jobIdOf({ jobId }: RunArguments, clock: Clock): string {
  if (jobId === undefined) return localJobId(clock.now());
  if (/^\d{1,18}$/.test(jobId)) return jobId;
  throw configurationError("ERR_USAGE", `--job-id ${jobId}: a job's id is a number: folders on boards are named by it`);
}

/** `basalt run`: runs a job on a device and prints its results. */
export async function runCommand(job: string, args: RunArguments, io: Io): Promise<number> {
  const clock = io.clock ?? systemClock;
  const jobId = jobIdOf(args, clock);
  const shown: { view?: View; state?: JobState; folder?: string } = {};
  using cancellation = cancelOnSignals(io, {
    say: (text) => (shown.view ? shown.view.notice(text) : void io.stderr.write(`${text}\n`)),
    doing: () => (shown.state ? doing(shown.state, clock) : "reading the job"),
    beforeKill() {
      shown.view?.restore();
      if (shown.folder !== undefined) rmSync(shown.folder, { recursive: true, force: true });
    },
  });
  const config = await readConfig(io.cwd, args.config);
  const prepared = await prepare(job, args, { io, config });
  cancellation.signal.throwIfAborted();
  const paint = makePaint(terminalFacts(io.stdout, io.env));
  const results = new Results();
  const state = new JobState(pipelineRoots(prepared.pipeline));
  const output = args.output === undefined ? undefined : resolve(io.cwd, args.output);
  const view = await openView(prepared, { io, clock, paint, jobId, plain: args.plain ?? false });
  Object.assign(shown, { view, state });
  const { outcome, troubles } = await runOnHost({
    prepared,
    jobId,
    clock,
    output,
    signal: cancellation.signal,
    dispatcher: config.dispatcher,
    opened(folder) {
      shown.folder = folder;
    },
    tell(event) {
      results.apply(event);
      state.apply(event);
      view.append(event);
    },
  }).finally(() => view.close());
  const table = await results.table(paint);
  const ending = endingLines(outcome, { job: prepared.job, jobId, summary: results.summary, state, paint });
  const trouble = troubles.map((error) => paint.red(refusal(error)));
  const wrote = output === undefined ? [] : [paint.dim(`Output: ${output}`)];
  const lines = ["", ...table, ...(table.length > 0 ? [""] : []), ...ending, ...trouble, ...wrote];
  io.stdout.write(`${lines.join("\n")}\n`);
  if (outcome.result === "fail") return statusOfError(outcome.error);
  if (troubles[0]) return statusOfError(troubles[0]);
  return results.failed ? exitStatus.testFailed : exitStatus.ok;
}

async function prepare(
  job: string,
  args: RunArguments,
  { io, config }: { readonly io: Io; readonly config: Config },
): Promise<PreparedJob> {
  const catalog = await findPlugins({ cwd: io.cwd, plugins: args.plugin, config });
  const prepared = await prepareFiles({
    job: inputFile(io.cwd, job),
    device: deviceInput(args.device, args, io, config),
    strict: args.strict ?? false,
    catalog,
  });
  for (const warning of prepared.warnings) io.stderr.write(`${warning}\n`);
  return withDrivers(prepared, catalog);
}
