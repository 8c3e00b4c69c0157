import { CommanderError } from "commander";
import { exitStatus, statusOfRefusal } from "./exit-status.js";
import type { Io } from "./io.js";
import { isAboutAdmin, loadAdmin } from "./program/add-admin.js";
import { makeProgram } from "./program/make-program.js";
import { refusal } from "./refusal.js";

/** Prints why nothing was done; gives the exit status. */
async function report(error: unknown, io: Io): Promise<number> {
  const { toBasaltError } = await import("@basalt/core");
  const known = toBasaltError(error);
  const status = statusOfRefusal(known);
  io.stderr.write(`${refusal(known)}\n`);
  if (status === exitStatus.bug) {
    const { stack } = (known.cause instanceof Error ? known.cause : known) as Error;
    io.stderr.write(`${stack}\nThis is a bug of Basalt. Please report it with these lines.\n`);
  }
  return status;
}

/** Commands that hold no board: an error that nobody caught ends them at once, as a bug. */
async function guarded(io: Io, command: () => Promise<number>): Promise<number> {
  const off = io.onFatal((error) => void report(error, io).then(() => io.kill(exitStatus.bug)));
  return command().finally(off);
}

/**
 * The `basalt` command.
 * @param argv what follows the program's name
 * @returns the exit status (see {@link exitStatus}); never throws
 */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  let status: number = exitStatus.ok;
  const program = makeProgram(
    io,
    {
      run: async (job, args) => {
        let early = false;
        const off = io.onSignal(() => {
          early = true;
        });
        const { runCommand } = await import("./commands/run.js").finally(off);
        return early ? exitStatus.canceled : runCommand(job, args, io);
      },
      plan: (job, args) => guarded(io, async () => (await import("./commands/plan.js")).planCommand(job, args, io)),
      validate: (jobs, args) =>
        guarded(io, async () => (await import("./commands/validate.js")).validateCommand(jobs, args, io)),
      render: (names, args) =>
        guarded(io, async () => (await import("./commands/render.js")).renderCommand(names, args, io)),
      deviceCheck: (names, args) =>
        guarded(io, async () => (await import("./commands/device-check.js")).deviceCheckCommand(names, args, io)),
      schema: (args) => guarded(io, async () => (await import("./commands/schema.js")).schemaCommand(args, io)),
      submit: (job, args) =>
        guarded(io, async () => (await import("./commands/submit.js")).submitCommand(job, args, io)),
      lab: async (args) => (await import("./commands/lab.js")).labCommand(args, io),
      server: async (args) => (await import("./commands/server.js")).serverCommand(args, io),
      worker: async (args) => (await import("./commands/worker.js")).workerCommand(args, io),
      jobProcess: async (folder, args) =>
        (await import("./commands/job-process.js")).jobProcessCommand(folder, args, io),
    },
    (code) => {
      status = code;
    },
  );
  try {
    if (argv.length === 1 && ["-V", "--version"].includes(argv[0] ?? "")) {
      io.stdout.write(`${(await import("./own-package.js")).ownPackage().version}\n`);
      return exitStatus.ok;
    }
    // nothing is waited for before `run` hears signals
    if (isAboutAdmin(argv))
      await loadAdmin(program, {
        io,
        run: async (work) => {
          status = await guarded(io, work);
        },
      });
    await program.parseAsync([...argv], { from: "user" });
    return status;
  } catch (error) {
    // commander has printed the usage error, or the help that was asked for
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitStatus.ok : exitStatus.refused;
    return report(error, io);
  }
}
