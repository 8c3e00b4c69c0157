import { Command } from "commander";
import type { DeviceCheckArguments } from "../commands/device-check.js";
import type { JobProcessArguments } from "../commands/job-process.js";
import type { LabArguments } from "../commands/lab.js";
import type { PlanArguments } from "../commands/plan.js";
import type { RenderArguments } from "../commands/render.js";
import type { RunArguments } from "../commands/run.js";
import type { SchemaArguments } from "../commands/schema.js";
import type { ServerArguments } from "../commands/server.js";
import type { SubmitArguments } from "../commands/submit.js";
import type { ValidateArguments } from "../commands/validate.js";
import type { WorkerArguments } from "../commands/worker.js";
import type { Io } from "../io.js";
import { addAdmin } from "./add-admin.js";
import { addDevice } from "./add-device.js";
import { addJobProcess } from "./add-job-process.js";
import { addLab } from "./add-lab.js";
import { addPlan } from "./add-plan.js";
import { addRender } from "./add-render.js";
import { addRun } from "./add-run.js";
import { addSchema } from "./add-schema.js";
import { addServer } from "./add-server.js";
import { addSubmit } from "./add-submit.js";
import { addValidate } from "./add-validate.js";
import { addWorker } from "./add-worker.js";
import { examples, statuses } from "./options.js";

/** What the command line asked for; each gives the exit status. */
export interface Commands {
  run(job: string, args: RunArguments): Promise<number>;
  plan(job: string, args: PlanArguments): Promise<number>;
  validate(jobs: readonly string[], args: ValidateArguments): Promise<number>;
  render(names: readonly string[], args: RenderArguments): Promise<number>;
  deviceCheck(names: readonly string[], args: DeviceCheckArguments): Promise<number>;
  schema(args: SchemaArguments): Promise<number>;
  submit(job: string, args: SubmitArguments): Promise<number>;
  lab(args: LabArguments): Promise<number>;
  server(args: ServerArguments): Promise<number>;
  worker(args: WorkerArguments): Promise<number>;
  jobProcess(folder: string, args: JobProcessArguments): Promise<number>;
}

/** The command line: every command of `basalt`; those of `basalt admin` come with loadAdmin (add-admin.ts). Unknown options and commands are errors that name the nearest known one. */
export function makeProgram(io: Io, commands: Commands, done: (status: number) => void): Command {
  const program = new Command("basalt")
    .description("Tests on real devices: runs LAVA's jobs on the device in front of you.")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
      getOutHelpWidth: () => io.stdout.columns ?? 80,
      getErrHelpWidth: () => io.stderr.columns ?? 80,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .showHelpAfterError("(basalt --help, or basalt COMMAND --help, says more)")
    .option("-V, --version", "print the version")
    .addHelpText(
      "after",
      examples(
        "basalt run job.yaml --device my-qemu.yaml",
        "basalt run job.yaml --device my-qemu.yaml --output results/",
        "basalt plan job.yaml --device my-qemu.yaml",
        "basalt validate jobs/*.yaml --strict",
      ) + statuses,
    );

  addRun(program, async (job, args) => done(await commands.run(job, args)));
  addPlan(program, async (job, args) => done(await commands.plan(job, args)));
  addValidate(program, async (jobs, args) => done(await commands.validate(jobs, args)));
  addRender(program, async (names, args) => done(await commands.render(names, args)));
  addDevice(program, async (names, args) => done(await commands.deviceCheck(names, args)));
  addSchema(program, async (args) => done(await commands.schema(args)));
  addSubmit(program, async (job, args) => done(await commands.submit(job, args)));
  addLab(program, async (args) => done(await commands.lab(args)));
  addServer(program, async (args) => done(await commands.server(args)));
  addWorker(program, async (args) => done(await commands.worker(args)));
  addAdmin(program);
  addJobProcess(program, async (folder, args) => done(await commands.jobProcess(folder, args)));
  return program;
}
