import { Command, Option } from "commander";
import { addAdmin } from "./admin-program.js";
import type { DeviceCheckArguments } from "./commands/device-check.js";
import type { JobProcessArguments } from "./commands/job-process.js";
import type { LabArguments } from "./commands/lab.js";
import type { PlanArguments } from "./commands/plan.js";
import type { RenderArguments } from "./commands/render.js";
import type { RunArguments } from "./commands/run.js";
import type { SchemaArguments } from "./commands/schema.js";
import type { ServerArguments } from "./commands/server.js";
import type { SubmitArguments } from "./commands/submit.js";
import type { ValidateArguments } from "./commands/validate.js";
import type { WorkerArguments } from "./commands/worker.js";
import type { Io } from "./io.js";
import { addLab } from "./lab-program.js";
import { addServer } from "./server-program.js";
import { addSubmit } from "./submit-program.js";
import { addWorker } from "./worker-program.js";

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

const deviceHelp = "the device: its dictionary (.jinja2), or one that is rendered (.yaml)";
const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];

function withPlugins(command: Command): Command {
  return command
    .addOption(
      new Option("--plugin <name>", "load this plugin, too: a package's name or a folder's path (may be repeated)")
        .argParser(collect)
        .default([], ""),
    )
    .option("--config <file>", "settings file with more plugins (default: basalt.config.yaml, if there is one)");
}

const withTemplates = (command: Command): Command =>
  command.addOption(
    new Option("--templates <dir>", "look for templates here, too: before our own types (may be repeated)")
      .argParser(collect)
      .default([], ""),
  );

const withPluginsAndTemplates = (command: Command): Command => withTemplates(withPlugins(command));

/** Commander would complain of a missing option before a mistyped one: who writes --devise must be told of that. */
const needDevice = (command: Command): Command =>
  command.hook("preAction", (_program, action) => {
    if (action.opts().device === undefined) action.error("error: required option '-d, --device <file>' not specified");
  });

const examples = (...lines: readonly string[]): string =>
  `\nExamples:\n${lines.map((line) => `  $ ${line}`).join("\n")}\n`;

const statuses = `
Exit status:
   0  complete, all tests passed
   1  complete, some test failed
   2  refused: job, device, usage or configuration
   3  infrastructure error: the lab's fault
   4  job or test error, timeouts included
   5  canceled
  70  a bug of ours
`;

/** The command line: `basalt run|plan|validate|render|device check|schema`. Unknown options and commands are errors that name the nearest known one. */
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

  needDevice(
    withPluginsAndTemplates(
      program
        .command("run")
        .description("run a job on a device and print its results")
        .argument("<job>", "the job's file (YAML)")
        .option("-d, --device <file>", deviceHelp)
        .option(
          "-o, --output <dir>",
          "write output.yaml, description.yaml, results.yaml, junit.xml and console.log here",
        )
        .option("--strict", "refuse unknown keys, too")
        .option("--plain", "print lines also on a terminal, no live view")
        .addOption(new Option("--job-id <number>", "the job's id (default: made of the time)")),
    ),
  )
    .addHelpText(
      "after",
      examples(
        "basalt run job.yaml --device bbb.yaml",
        "basalt run job.yaml -d bbb.yaml -o results/ && echo all tests passed",
        "basalt run job.yaml -d bbb.yaml --plugin ./my-boot-method",
      ) +
        "\nCtrl-C cancels the job: the device is switched off, all is tidied up.\nA second one says what is still being done, a third ends everything at once.\n" +
        statuses,
    )
    .action(async (job: string, args: RunArguments) => done(await commands.run(job, args)));

  needDevice(
    withPluginsAndTemplates(
      program
        .command("plan")
        .description("show what a job would do on a device, without touching it")
        .argument("<job>", "the job's file (YAML)")
        .option("-d, --device <file>", deviceHelp)
        .addOption(new Option("-f, --format <format>", "how to print it").choices(["tree", "json"]).default("tree"))
        .option("--strict", "refuse unknown keys, too"),
    ),
  )
    .addHelpText(
      "after",
      examples(
        "basalt plan job.yaml --device bbb.yaml",
        "basalt plan job.yaml -d bbb.yaml --format json | jq '.[].name'",
      ),
    )
    .action(async (job: string, args: PlanArguments) => done(await commands.plan(job, args)));

  withPluginsAndTemplates(
    program
      .command("validate")
      .description("check jobs; with a device, also that it can run them")
      .argument("<job...>", "the jobs' files (YAML)")
      .option("-d, --device <file>", deviceHelp)
      .option("--strict", "unknown keys are errors, not warnings"),
  )
    .addHelpText(
      "after",
      examples(
        "basalt validate job.yaml",
        "basalt validate jobs/*.yaml --strict",
        "basalt validate job.yaml --device bbb.yaml",
      ),
    )
    .action(async (jobs: readonly string[], args: ValidateArguments) => done(await commands.validate(jobs, args)));

  withTemplates(
    program
      .command("render")
      .description("print what device templates render")
      .argument("<name...>", "names of templates, or files")
      .addOption(
        new Option("--context <key=value>", "set a variable (may be repeated)").argParser(collect).default([], ""),
      )
      .option("--job <file>", "take the job's context")
      .option("-o, --out <dir>", "write NAME.yaml for each here")
      .option("--config <file>", "settings file (default: basalt.config.yaml, if there is one)"),
  )
    .addHelpText(
      "after",
      examples(
        "basalt render qemu --context arch=arm64 --context memory=1024",
        "basalt render lab-bbb-1 --templates /etc/lab/devices --templates /etc/lab/device-types",
        "basalt render lab-bbb-1 lab-bbb-2 --templates lab/ --out rendered/",
      ),
    )
    .action(async (names: readonly string[], args: RenderArguments) => done(await commands.render(names, args)));

  const device = program.command("device").description("look after device dictionaries");
  withPluginsAndTemplates(
    device
      .command("check")
      .description("render dictionaries, check them, and say what a test author may still override")
      .argument("<name...>", "names of dictionaries, or files"),
  )
    .addHelpText("after", examples("basalt device check lab-bbb-1.jinja2 --templates /etc/lab/device-types"))
    .action(async (names: readonly string[], args: DeviceCheckArguments) =>
      done(await commands.deviceCheck(names, args)),
    );

  withPlugins(
    program
      .command("schema")
      .description("print the JSON Schema of jobs, for editors")
      .option("--strict", "the schema that refuses unknown keys"),
  )
    .addHelpText("after", examples("basalt schema > job.schema.json"))
    .action(async (args: SchemaArguments) => done(await commands.schema(args)));

  addSubmit(program, async (job, args) => done(await commands.submit(job, args)));
  addLab(program, async (args) => done(await commands.lab(args)));
  addServer(program, async (args) => done(await commands.server(args)));
  addWorker(program, async (args) => done(await commands.worker(args)));
  addAdmin(program);

  withPlugins(
    program
      .command("job-process", { hidden: true })
      .description("run the job of a worker's job folder; started by the worker's daemon, one process for each job")
      .argument("<folder>", "the job's folder")
      .option("--rescue", "tidy up after a job whose process died")
      .option("--how <text>", "how it died"),
  ).action(async (folder: string, args: JobProcessArguments) => done(await commands.jobProcess(folder, args)));
  return program;
}
